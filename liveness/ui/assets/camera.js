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
  lost: "The camera was unplugged or switched off. Connect it again and press the camera sign.",
};
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
  permission.onchange = () => say(permission.state === "denied" ? "denied" : "");
}

// Whoever asks for the camera on this page, the reason of a refusal is shown here.
if (devices && devices.getUserMedia && !devices.lwWatched) {
  devices.lwWatched = true;
  const ask = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    try {
      const stream = await ask(constraints);
      say("");
      stream.getVideoTracks().forEach((track) => track.addEventListener("ended", () => say("lost")));
      return stream;
    } catch (error) {
      say(reasons[error.name] || "busy");
      throw error;
    }
  };
}
if (devices) devices.addEventListener("devicechange", look);
look();

// Read out changes of the verdict, and nothing else.
const verdict = document.getElementById("live-verdict");
if (verdict) {
  verdict.setAttribute("aria-live", "polite");
  verdict.setAttribute("aria-atomic", "true");
}
