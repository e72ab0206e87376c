/** Most characters of a result: as a payload has bytes. */
const MAX_RESULT = 1024 * 1024;
/** Most characters of an error's message, which may quote the payload. */
const MAX_MESSAGE = 1000;
/** jsonata pads by joining an empty array of the wanted length, in one step of QuickJS. */
const MAX_JOIN = 1_000_000;

/**
 * What runs inside QuickJS beside jsonata: parses a source once, evaluates, answers JSON text. jsonata's promises
 * settle when the jobs of QuickJS are run, between `run` and `finish`. Consecutive evaluations of one message share
 * its parsed input. Numbers that are not finite cross as 1e999, which reads as infinite.
 */
export const HARNESS = `(() => {
  const compiled = new Map();
  const read = { input: [], variables: [] };
  let outcome;

  const join = Array.prototype.join;
  Array.prototype.join = function (separator) {
    if (this.length > ${MAX_JOIN}) throw new RangeError('out of memory');
    return join.call(this, separator);
  };

  function compile(source) {
    let expression = compiled.get(source);
    if (expression) return expression;
    expression = jsonata(source);
    if (compiled.size >= 500) compiled.clear();
    compiled.set(source, expression);
    return expression;
  }

  function parse(role, text) {
    if (read[role][0] !== text) read[role] = [text, text === '' ? undefined : JSON.parse(text)];
    return read[role][1];
  }

  const cut = (text) =>
    text.length > ${MAX_MESSAGE} ? text.slice(0, ${MAX_MESSAGE} - 1).replace(/[\\uD800-\\uDBFF]$/, '') + '…' : text;
  const fail = (code, message) => ({ error: { code, message } });

  function failed(error) {
    const { message, code, position } = Object(error);
    return { error: { code: 'expression-failed', message: cut(String(message ?? error)), jsonata: code, position } };
  }

  const finite = (key, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? '\\u0000' + (value < 0 ? '-' : '+') : value;

  function print(value) {
    const { _jsonata_function: native, _jsonata_lambda: lambda } = Object(value);
    if (typeof value === 'function' || native === true || lambda === true) return fail('expression-failed', 'the expression yields a function');
    let text = JSON.stringify(value);
    if (text === undefined) return {};
    if (text.includes('null')) {
      text = JSON.stringify(value, finite).split('"\\\\u0000+"').join('1e999').split('"\\\\u0000-"').join('-1e999');
    }
    if (text.length <= ${MAX_RESULT}) return { value: text };
    return fail('expression-memory', 'the result has more than ${MAX_RESULT} characters');
  }

  globalThis.run = (source, input, variables) => {
    outcome = undefined;
    try {
      compile(source)
        .evaluate(parse('input', input), parse('variables', variables))
        .then(print)
        .then((printed) => { outcome = printed; }, (error) => { outcome = failed(error); });
    } catch (error) {
      outcome = failed(error);
    }
    return '';
  };

  // A promise that never settles lost its last job to a limit.
  globalThis.finish = () => JSON.stringify(outcome ?? fail('expression-memory', 'out of memory'));

  // Where there is a window jsonata takes its base64 functions; otherwise Node's Buffer, which is not here.
  const DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const URL_DIGITS = { '-': '+', _: '/' };
  globalThis.window = {
    atob(text) {
      let bits = 0;
      let count = 0;
      let result = '';
      for (const character of text) {
        if (character === '=') break;
        const digit = DIGITS.indexOf(URL_DIGITS[character] ?? character);
        if (digit < 0) continue;
        bits = ((bits << 6) | digit) & 0xffff;
        count += 6;
        if (count < 8) continue;
        count -= 8;
        result += String.fromCharCode((bits >> count) & 0xff);
      }
      return result;
    },
    btoa(text) {
      let result = '';
      for (let i = 0; i < text.length; i += 3) {
        const [a, b, c] = [0, 1, 2].map((k) => text.charCodeAt(i + k) & 0xff);
        const bits = (a << 16) | (b << 8) | c;
        result += DIGITS[bits >> 18] + DIGITS[(bits >> 12) & 63];
        result += i + 1 < text.length ? DIGITS[(bits >> 6) & 63] : '=';
        result += i + 2 < text.length ? DIGITS[bits & 63] : '=';
      }
      return result;
    },
  };
})();`;
