/**
 * Reads options as the real program does: `-x value`, `-xvalue` where the value may stand behind the letter, `--long
 * value`. An option that the examples do not use is refused, so that a stand-in never passes for what it is not.
 * @param withValue letters and long names that take a value
 * @param flags those that do not
 */
export function readOptions(args, withValue, flags) {
  const options = [];
  const rest = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i];
    if (!arg.startsWith('-') || arg === '-') {
      rest.push(arg);
      continue;
    }
    if (arg.startsWith('--') || arg.length === 2) {
      if (withValue.includes(arg)) options.push([arg, args[++i] ?? '']);
      else if (flags.includes(arg)) options.push([arg, true]);
      else throw new Error(`the stand-in has no option ${arg}`);
      continue;
    }
    // Several letters: flags, the last of which may take a value.
    for (let k = 1; k < arg.length; k++) {
      const letter = `-${arg[k]}`;
      if (flags.includes(letter)) options.push([letter, true]);
      else if (withValue.includes(letter)) {
        options.push([letter, k + 1 < arg.length ? arg.slice(k + 1) : (args[++i] ?? '')]);
        break;
      } else throw new Error(`the stand-in has no option ${letter}`);
    }
  }
  const all = (name) => options.filter(([option]) => option === name).map(([, value]) => value);
  return { all, last: (name) => all(name).at(-1), rest };
}
