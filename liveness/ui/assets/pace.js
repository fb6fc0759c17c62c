// Gradio sends a picture of the camera at every tick, whether the ones before are answered or not: a slow app would
// be sent many that it never looks at. Two may be on their way, one that is judged and one that comes next. Until one
// of them is answered the camera's video seems to have no size, which is what Gradio looks at before it takes a
// picture: so none is drawn, packed or sent. Loaded once, with the page.
(() => {
  const most = 2;
  const patience = 2000; // milliseconds; an answer that draws nothing is never seen here
  let sent = [];
  let frame = -1;

  const send = window.fetch;
  window.fetch = (where, options) => {
    if (options?.method === "POST" && /\/stream\/[^/]+$/.test(String(where?.url ?? where))) sent.push(performance.now());
    return send.call(window, where, options);
  };

  function waiting() {
    const now = Number(document.querySelector("#live-overlay svg")?.dataset.frame ?? -1);
    if (now !== frame) {
      sent.splice(0, now > frame ? now - frame : 1); // each judged frame has the next number
      frame = now;
    }
    sent = sent.filter((when) => performance.now() - when < patience);
    return sent.length >= most;
  }

  const width = Object.getOwnPropertyDescriptor(HTMLVideoElement.prototype, "videoWidth");
  Object.defineProperty(HTMLVideoElement.prototype, "videoWidth", {
    ...width,
    get() {
      return this.closest("#live-camera") && waiting() ? 0 : width.get.call(this);
    },
  });
})();
