// Says in plain words why a camera cannot be used, as soon as that is known. `element` is the component's own.
const help = element.querySelector(".lw-camera-help");
const devices = navigator.mediaDevices;
const words = {
  insecure:
    "Browsers give the camera only to pages on https:// or on this machine. Open the app at http://127.0.0.1, or put it behind HTTPS.",
  unsupported: "This browser offers no camera to pages. A current Chrome, Edge, Firefox or Safari does.",
  absent: "No camera was found. Plug one in, or switch it on, then reload the page.",
  denied:
    "The camera is blocked for this page. Allow it in the browser's address bar (the camera or padlock sign), then reload the page.",
  busy: "The camera is there but cannot be started: another program may be using it. Close that program and try again.",
  virtual:
    "This is a virtual camera, a program that can show anything. Choose a real one in the browser's camera settings. (This is told by its name alone and is no security boundary.)",
  lost: "The camera was unplugged or switched off. Connect it again and press the camera sign.",
  waiting: "All places are taken. Your camera starts by itself as soon as one is free.",
  gone: "The app does not answer. When it is back this page goes on, or begins anew if the app was restarted.",
  restarted: "The app was restarted: what it knew of your presentation is gone. Start the camera again.",
};
// By what they call themselves: no security boundary, since any program may choose another name.
const virtual = /virtual|\bobs\b|manycam|snap camera|xsplit|v4l2loopback|dummy video|droidcam|iriun|epoccam|camo\b/i;
const reasons = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "absent",
  OverconstrainedError: "absent",
  NotReadableError: "busy",
  AbortError: "busy",
};

function say(key) {
  help.textContent = key ? words[key] : "";
  help.hidden = !key;
  help.dataset.reason = key || "";
}

async function look() {
  if (!window.isSecureContext) return say("insecure");
  if (!devices || !devices.getUserMedia) return say("unsupported");
  const found = await devices.enumerateDevices();
  if (!found.some((device) => device.kind === "videoinput")) return say("absent");
  const permission = await navigator.permissions.query({ name: "camera" }).catch(() => null);
  if (!permission) return; // some browsers do not tell; the request itself will
  if (permission.state === "denied") say("denied");
  permission.onchange = () => {
    if (permission.state === "denied") say("denied");
    else if (help.dataset.reason === "denied") say("");
  };
}

// Whoever asks for the camera on this page, the reason of a refusal is shown here: in the help that came last,
// since it comes anew whenever the visitor agrees again.
if (devices) devices.lwSay = say;
if (devices && devices.getUserMedia && !devices.lwWatched) {
  devices.lwWatched = true;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    try {
      const stream = await ask(constraints);
      if (stream.getVideoTracks().some((track) => virtual.test(track.label))) {
        stream.getTracks().forEach((track) => track.stop());
        devices.lwSay("virtual");
        throw new DOMException("a virtual camera", "NotAllowedError");
      }
      devices.lwSay("");
      stream.getVideoTracks().forEach((track) => track.addEventListener("ended", () => devices.lwSay("lost")));
      return stream;
    } catch (error) {
      if (error.message !== "a virtual camera") devices.lwSay(reasons[error.name] || "busy");
      throw error;
    }
  };
}
if (devices) devices.addEventListener("devicechange", look);
look().then(() => {
  if (sessionStorage.getItem("lw-gone") === "restarted") say("restarted");
  sessionStorage.removeItem("lw-gone");
});

// A server that is gone: said at once, and no verdict of before is left standing. Another server knows nothing of
// this page: it is loaded anew, and returned.js then opens this tab again.
let known = null;
async function answers() {
  const camera = document.querySelector("#live-camera video");
  if (!camera || !camera.srcObject) return;
  const app = await fetch("gradio_api/app_id", { signal: AbortSignal.timeout(5000) })
    .then((answer) => (answer.ok ? answer.json() : null))
    .catch(() => null);
  if (app) known ??= app.app_id;
  if (app && app.app_id !== known) {
    sessionStorage.setItem("lw-gone", "gone");
    return location.reload();
  }
  const gone = document.documentElement.classList.contains("lw-gone");
  if (Boolean(app) === !gone) return;
  document.documentElement.classList.toggle("lw-gone", !app);
  devices.lwSay(app ? "" : "gone");
  if (app) sessionStorage.removeItem("lw-gone");
  else sessionStorage.setItem("lw-gone", "gone");
}
if (devices && !devices.lwAsking) devices.lwAsking = setInterval(answers, 1000);

// Read out changes of the verdict, and nothing else. The parts come onto the page about when this does.
const waiting = setInterval(() => {
  const verdict = document.getElementById("live-verdict");
  const camera = document.getElementById("live-camera");
  if (!verdict || !camera) return;
  clearInterval(waiting);
  verdict.setAttribute("aria-live", "polite");
  verdict.setAttribute("aria-atomic", "true");
  // Gradio calls its button "capture photo", whatever stands on it. Without that it is called what stands on it.
  let queue = null; // a place that is free is given within a moment: nothing is said then
  const follow = () => {
    const waits = Boolean(camera.querySelector('[title="spinner"]'));
    if (waits) queue ??= setTimeout(() => say("waiting"), 1500);
    else if (queue) {
      clearTimeout(queue);
      queue = null;
      if (help.dataset.reason === "waiting") say("");
    }
    camera.querySelector('[aria-label="capture photo"]')?.removeAttribute("aria-label");
    document.documentElement.classList.toggle("lw-idle", !camera.querySelector('[title="stop recording"]'));
  };
  new MutationObserver(follow).observe(camera, { childList: true, subtree: true });
  follow();
}, 100);
