// Arrow keys move through the choices of a group, as they do everywhere. Gradio gives each choice a name of its own,
// so to the browser each is a group of one.
document.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
  if (!step || !event.target.matches?.('input[type="radio"]') || event.altKey || event.ctrlKey || event.metaKey) return;
  const group = event.target.closest("fieldset");
  const choices = group ? [...group.querySelectorAll('input[type="radio"]:not(:disabled)')] : [];
  if (choices.length < 2) return;
  event.preventDefault();
  const next = choices[(choices.indexOf(event.target) + step + choices.length) % choices.length];
  next.focus();
  next.click();
});
