// One camera as one presentation through the app's API. No React here: usable from any page.
import { Client } from "@gradio/client";

// Fixed when the page is built: an address taken from a link would let that link choose who sees the camera.
const SERVER = import.meta.env.VITE_LIVENESS_SERVER ?? "http://127.0.0.1:7860";
const STEP = 100; // milliseconds from one frame to the next, when the server keeps up
const PATIENCE = 15_000; // milliseconds to wait for an answer
const PAUSE = 1_000; // milliseconds before asking again after a failure
const WIDTH = 640;

/** Ask for the camera. Throws what getUserMedia throws. */
export function openCamera() {
  return navigator.mediaDevices.getUserMedia({ video: { width: { ideal: WIDTH }, facingMode: "user" } });
}

/**
 * Send the video's frames until the signal says stop. Never two at once, so that nothing piles up.
 *
 * onState(state, size): the server's answer to a frame of that size; onTrouble(text): why there is none.
 */
export async function present(video, signal, onState, onTrouble) {
  const shot = document.createElement("canvas");
  let server = null;
  while (!signal.aborted) {
    const started = performance.now();
    try {
      server ??= await inTime(connect());
      const size = draw(video, shot);
      const image = { url: shot.toDataURL("image/jpeg", 0.9) }; // in the request: no file on the server
      const given = { image, match: false, mode: "unsure" };
      const { data } = await inTime(server.client.predict("/push_frame", given));
      if (!signal.aborted) onState(data[0], size);
      await wait(STEP - (performance.now() - started));
    } catch (error) {
      server?.leave();
      server = null; // whoever answers next may be another server: begin anew
      if (!signal.aborted) onTrouble(sentence(error));
      await wait(PAUSE);
    }
  }
  server?.leave();
}

/** A connection of its own is a visitor of its own, with evidence that nobody else adds to. */
async function connect() {
  const client = await Client.connect(SERVER);
  const line = client.abort_controller; // of the line that tells the server that we are here; close() leaves it
  return { client, leave: () => [client.close(), line?.abort()] };
}

function draw(video, shot) {
  shot.width = Math.min(WIDTH, video.videoWidth);
  shot.height = Math.round((shot.width * video.videoHeight) / video.videoWidth);
  shot.getContext("2d").drawImage(video, 0, 0, shot.width, shot.height);
  return { width: shot.width, height: shot.height };
}

/** What the server said is shown as it is; anything else means that it did not answer. */
function sentence(error) {
  const told = error?.type === "status" && error.original_msg;
  return told ? error.message : "The server does not answer. Trying again.";
}

const wait = (milliseconds) => new Promise((done) => setTimeout(done, Math.max(0, milliseconds)));

function inTime(promise) {
  let timer;
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error("no answer")), PATIENCE);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
