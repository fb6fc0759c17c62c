import { useEffect, useRef, useState } from "react";
import { openCamera, present } from "./presentation.js";
import Verdict from "./Verdict.jsx";

export default function App() {
  const [camera, setCamera] = useState(null);
  const [answer, setAnswer] = useState(null); // the last state, and the size of its frame
  const [trouble, setTrouble] = useState("");
  const video = useRef(null);

  async function start() {
    setTrouble("");
    try {
      setCamera(await openCamera());
    } catch (error) {
      setTrouble(`The camera cannot be used: ${error.message}`);
    }
  }

  function stop(why = "") {
    camera?.getTracks().forEach((track) => track.stop());
    setCamera(null);
    setAnswer(null);
    setTrouble(why);
  }

  useEffect(() => {
    if (!camera) return undefined;
    const over = new AbortController();
    const onState = (state, size) => {
      setAnswer({ state, size });
      setTrouble("");
    };
    const onTrouble = (text) => {
      setAnswer(null); // an old verdict says nothing of who is there now
      setTrouble(text);
    };
    const [track] = camera.getVideoTracks();
    track.onended = () => stop("The camera was unplugged or switched off.");
    video.current.srcObject = camera;
    video.current.onloadeddata = () => present(video.current, over.signal, onState, onTrouble);
    return () => over.abort();
  }, [camera]);

  return (
    <>
      <h1>Liveness check</h1>
      <p>Your camera's pictures are sent to the liveness app, judged and dropped. None is kept.</p>
      <button onClick={camera ? () => stop() : start}>{camera ? "Stop" : "Start the camera"}</button>
      <div className="stage" hidden={!camera}>
        <video ref={video} autoPlay muted playsInline />
        {answer && <Boxes {...answer} />}
      </div>
      <Verdict state={answer?.state} trouble={trouble} running={Boolean(camera)} />
    </>
  );
}

function Boxes({ state, size }) {
  const colour = { pass: "live", fail: "spoof" }[state.outcome] ?? "open";
  return (
    <svg viewBox={`0 0 ${size.width} ${size.height}`} data-frame={state.frame} aria-hidden="true">
      {state.faces.map(({ box: [left, top, right, bottom] }, i) => (
        <rect key={i} className={colour} x={left} y={top} width={right - left} height={bottom - top} rx="8" />
      ))}
      {state.challenge?.dot && <Dot place={state.challenge.dot} {...size} />}
    </svg>
  );
}

/** The dot to follow with the nose: -1..1 to the right and down, around the middle of the picture. */
function Dot({ place: [x, y], width, height }) {
  return <circle className="dot" cx={width / 2 + 0.3 * x * height} cy={(0.5 + 0.3 * y) * height} r={height / 24} />;
}
