// A page that is loaded anew because its server was restarted in the middle of a presentation opens the Live tab.
if (sessionStorage.getItem("lw-gone")) {
  sessionStorage.setItem("lw-gone", "restarted");
  const looking = setInterval(() => {
    const tab = [...document.querySelectorAll('button[role="tab"]')].find((tab) => tab.textContent.trim() === "Live");
    if (!tab) return;
    clearInterval(looking);
    tab.click();
  }, 100);
}
