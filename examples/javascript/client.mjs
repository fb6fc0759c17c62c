// Judge pictures with a running app: the first by itself, then all of them as one presentation.
//
//     liveness app                                            # in another terminal
//     npm ci
//     node client.mjs http://127.0.0.1:7860 1.jpg 2.jpg 3.jpg
import { readFile } from "node:fs/promises";
import { setTimeout as wait } from "node:timers/promises";
import { Client } from "@gradio/client";

const STEP = 100; // milliseconds from one frame to the next

/** A JPEG in the request itself, so that it never becomes a file on the server. */
async function picture(path) {
  return { url: `data:image/jpeg;base64,${await readFile(path, "base64")}` };
}

const [server, ...paths] = process.argv.slice(2);
const client = await Client.connect(server);

const alone = await client.predict("/predict_frame", { image: await picture(paths[0]), match: false });
for (const { verdict, quality } of alone.data[0].faces) {
  // no verdict when it cannot be judged: quality.problems says why
  console.log("alone", verdict ? `${verdict.label} ${verdict.score.toFixed(3)}` : quality.problems[0]);
}

// each client is one visitor: connect anew for another presentation
for (const path of paths) {
  const started = performance.now();
  const given = { image: await picture(path), match: false, mode: "never" };
  const [state] = (await client.predict("/push_frame", given)).data;
  console.log(state.frame, state.phase, state.outcome ?? "open", state.asked?.words ?? state.problem);
  await wait(Math.max(0, STEP - (performance.now() - started)));
}
process.exit(); // the client's line to the server stays open by itself
