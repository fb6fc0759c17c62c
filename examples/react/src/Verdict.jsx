const PHASES = { waiting: "No face", checking: "Checking", unsure: "Not sure" };

/** One calm sentence; a screen reader reads it out when it changes. */
export default function Verdict({ state, trouble, running }) {
  const [kind, word, text] = said(state, trouble, running);
  return (
    <div className={`verdict ${kind}`} role="status">
      <strong>{word}</strong>
      <p>{text}</p>
    </div>
  );
}

function said(state, trouble, running) {
  if (trouble) return ["open", "Cannot judge", trouble];
  if (!running) return ["open", "Ready", "Sit facing a lamp or a window, nobody else in the picture."];
  if (!state) return ["open", "Waiting", "The app has not answered yet."];
  if (state.outcome === "pass") return ["live", "Live", "A living person, as far as this model can tell."];
  if (state.outcome === "fail") return ["spoof", "Spoof", state.challenge?.reason || "This looks like an attack."];
  if (state.outcome) return ["open", "Not completed", state.challenge?.reason ?? ""];
  if (state.asked) return ["open", state.asked.words, `${state.challenge.step} of ${state.challenge.steps} done`];
  if (state.challenge) return ["open", "Look straight", "Into the camera, and hold still."];
  return ["open", PHASES[state.phase] ?? "Checking", state.problem];
}
