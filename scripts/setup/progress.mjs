const FRAMES = '⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏';
const TICK_MS = 100;
/** Where nothing redraws (a pipe, a log), a line this often says that work goes on. */
const LINE_MS = 15_000;

/**
 * Says on the error stream that a step runs, for how long, and how it ended: standard output belongs to the command.
 * @returns the function to call with the step's end
 */
export function showProgress(label, stream = process.stderr) {
  const began = Date.now();
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  const line = terminal ? redrawn(label, stream, began) : repeated(label, stream, began);
  return (end) => {
    clearInterval(line.timer);
    line.end(end === 'done' ? seconds(began) : `${end} after ${seconds(began)}`);
  };
}

function redrawn(label, stream, began) {
  let frame = 0;
  const draw = (text) => stream.write(`\r\u001b[K${text.slice(0, (stream.columns || 80) - 1)}`);
  const timer = setInterval(() => {
    draw(`${FRAMES[frame++ % FRAMES.length]} ${label} ... ${seconds(began)}`);
  }, TICK_MS);
  draw(`${FRAMES[0]} ${label} ...`);
  return { timer, end: (how) => stream.write(`\r\u001b[K${label} ... ${how}\n`) };
}

function repeated(label, stream, began) {
  stream.write(`${label} ...\n`);
  const indent = ' '.repeat(label.indexOf(' ') + 1);
  const timer = setInterval(() => stream.write(`${indent}still at it after ${seconds(began)}\n`), LINE_MS);
  return { timer, end: (how) => stream.write(`${indent}${how}\n`) };
}

function seconds(since) {
  const passed = (Date.now() - since) / 1000;
  return passed < 10 ? `${passed.toFixed(1)} s` : `${Math.round(passed)} s`;
}
