import ts from 'typescript';
import fs from 'fs';
import { RegExpParser } from '@eslint-community/regexpp';
import vm from 'vm';
const parser = new RegExpParser();
let seed = 1;
const rnd = (n) => {
  seed = (seed * 1103515245 + 12345) & 0x7fffffff;
  return (seed >> 8) % n;
};
const pool = Array.from('aA0 \t"\'\\[]{}()<>-._:/,=%$#@+*?;|kK\n\rZz!Ctcrte').map((c) => c.codePointAt(0));
function charOf(re) {
  const ok = pool.filter((c) => re.test(String.fromCodePoint(c)));
  return ok.length ? String.fromCodePoint(ok[rnd(ok.length)]) : '';
}
function gen(n, fl) {
  switch (n.type) {
    case 'Alternative':
      return n.elements.map((e) => gen(e, fl)).join('');
    case 'Group':
    case 'CapturingGroup':
      return gen(n.alternatives[rnd(n.alternatives.length)], fl);
    case 'Quantifier': {
      const c = Math.min(n.max, n.min + rnd(3));
      let s = '';
      for (let i = 0; i < c; i++) s += gen(n.element, fl);
      return s;
    }
    case 'Character':
      return String.fromCodePoint(n.value);
    case 'CharacterSet':
    case 'CharacterClass':
    case 'ExpressionCharacterClass':
      try {
        return charOf(new RegExp('^(?:' + n.raw + ')$', fl.replace(/[gym]/g, '')));
      } catch {
        return 'a';
      }
    default:
      return '';
  }
}
const list = [];
for (const f of fs.readdirSync('src', { recursive: true })) {
  if (!f.endsWith('.ts') || f.startsWith('demo')) continue;
  const p = 'src/' + f;
  const s = ts.createSourceFile(p, fs.readFileSync(p, 'utf8'), ts.ScriptTarget.Latest, true);
  const v = (nd) => {
    if (ts.isRegularExpressionLiteral(nd)) {
      const t = nd.text;
      const i = t.lastIndexOf('/');
      list.push([p + ':' + (s.getLineAndCharacterOfPosition(nd.getStart()).line + 1), t.slice(1, i), t.slice(i + 1)]);
    }
    ts.forEachChild(nd, v);
  };
  v(s);
}
const TAIL = ['', '\n', '!', '\0', 'x '];
const time = (re, str) => {
  const a = process.cpuUsage().user;
  try {
    vm.runInNewContext('s.replace(r,"")', { s: str, r: re }, { timeout: 1500 });
  } catch {}
  return (process.cpuUsage().user - a) / 1000;
};
for (const [w, src, fl0] of list) {
  const fl = fl0.replace('y', '');
  if (!/[*+]|\{\d+,\}/.test(src)) continue;
  let ast;
  try {
    ast = parser.parsePattern(src, 0, src.length, { unicode: /[uv]/.test(fl) });
  } catch {
    console.log('?', w);
    continue;
  }
  const pumps = new Set();
  for (let k = 0; k < 50; k++) {
    const alt = ast.alternatives[rnd(ast.alternatives.length)];
    const parts = alt.elements.map((e) => gen(e, fl));
    if (!parts.length) continue;
    const a = rnd(parts.length),
      b = a + 1 + rnd(parts.length - a);
    pumps.add(JSON.stringify([parts.slice(0, a).join(''), parts.slice(a, b).join('')]));
    const g = parts.slice(0, b).join('');
    pumps.add(JSON.stringify(['', g]));
    if (g.length > 1) pumps.add(JSON.stringify(['', g.slice(0, 1 + rnd(g.length))]));
    if (g.length > 1) {
      const c = 1 + rnd(g.length - 1);
      pumps.add(JSON.stringify([g.slice(0, c), g.slice(c)]));
    }
  }
  const re = new RegExp(src, fl);
  let done = false;
  for (const x of pumps) {
    if (done) break;
    const [pre, pu] = JSON.parse(x);
    if (!pu) continue;
    for (const tail of TAIL) {
      const mk = (n) => pre + pu.repeat(Math.ceil(n / pu.length)) + tail;
      if (time(re, mk(16000)) < 25) continue;
      const d = time(re, mk(16000));
      if (d < 25) continue;
      const e = time(re, mk(48000));
      if (e / d > 5) {
        console.log(w, '/' + src.slice(0, 110) + '/' + fl, d.toFixed(0), e.toFixed(0), x.slice(0, 100) + ' tail ' + JSON.stringify(tail));
        done = true;
        break;
      }
    }
  }
}
console.log('end');
