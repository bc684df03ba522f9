/** Colours of the page. Text has a contrast of at least 4.5 to 1 on both backgrounds, in both schemes. */
export const palette: Readonly<Record<'light' | 'dark', Readonly<Record<string, string>>>> =
  Object.freeze({
    light: Object.freeze({
      ground: '#f6f7f9',
      surface: '#ffffff',
      text: '#1b1f24',
      muted: '#57606a',
      line: '#d5dae0',
      accent: '#0b57c0',
      good: '#0f6427',
      bad: '#ad241c',
    }),
    dark: Object.freeze({
      ground: '#0f1419',
      surface: '#182029',
      text: '#e6edf3',
      muted: '#9fabb8',
      line: '#303a45',
      accent: '#7db6ff',
      good: '#6bd68a',
      bad: '#ff9289',
    }),
  });

const variables = (colours: Readonly<Record<string, string>>): string =>
  Object.entries(colours)
    .map(([name, colour]) => `--${name}:${colour};`)
    .join('');

/** The style sheet of the page. */
export const pageStyle: string = `
:root{color-scheme:light dark;${variables(palette.light)}}
@media (prefers-color-scheme:dark){:root{${variables(palette.dark)}}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--text);font:15px/1.5 system-ui,sans-serif}
.skip{position:absolute;left:-999px}
.skip:focus{left:1rem;top:.5rem;background:var(--surface);padding:.3rem .6rem}
header{display:flex;flex-wrap:wrap;gap:.2rem 1.5rem;align-items:baseline;padding:1rem 1.5rem;
  background:var(--surface);border-bottom:1px solid var(--line)}
h1{font-size:1.25rem;margin:0}
h2{font-size:1.05rem;margin:0 0 .6rem}
h3{font-size:.9rem;margin:1rem 0 .3rem}
header p{margin:0;color:var(--muted)}
#live{margin-left:auto}
#live.on{color:var(--good)}
#live.off{color:var(--bad)}
main{display:grid;gap:1.25rem;padding:1.25rem 1.5rem;max-width:110rem;margin:auto;
  grid-template-columns:minmax(0,3fr) minmax(0,2fr)}
@media (max-width:75rem){main{grid-template-columns:minmax(0,1fr)}}
.column{display:grid;grid-template-columns:minmax(0,1fr);gap:1.25rem;align-content:start}
section{background:var(--surface);border:1px solid var(--line);border-radius:8px;padding:1rem 1.25rem}
.scroll{overflow:auto;max-height:32rem}
.scroll+.scroll{margin-top:1.1rem}
.scroll:focus-visible{outline:2px solid var(--accent)}
table{border-collapse:collapse;width:100%;font-size:.87rem}
caption{text-align:left;color:var(--muted);padding-bottom:.4rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);
  overflow-wrap:break-word}
td code{overflow-wrap:anywhere}
th{white-space:nowrap;font-weight:600;color:var(--muted);position:sticky;top:0;background:var(--surface)}
td.keep{white-space:nowrap}
code,pre,textarea{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;font-size:.82rem}
pre{margin:0;padding:.6rem;background:var(--ground);border:1px solid var(--line);border-radius:6px;
  overflow:auto;max-height:20rem;white-space:pre-wrap;overflow-wrap:anywhere}
textarea{width:100%;min-height:6.5rem;padding:.5rem;border:1px solid var(--muted);border-radius:6px;
  background:var(--ground);color:var(--text);resize:vertical}
button{font:inherit;padding:.35rem 1rem;border:1px solid var(--accent);border-radius:6px;
  background:var(--accent);color:var(--surface);cursor:pointer}
button.quiet{background:none;color:var(--accent)}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
a{color:var(--accent)}
.controls{display:flex;flex-wrap:wrap;gap:.4rem 1.2rem;align-items:center;margin-bottom:.6rem}
.token,.pass{color:var(--good)}
.refused,.failed,.unfinished,.fail{color:var(--bad);font-weight:600}
.muted,.answered,.unknown{color:var(--muted)}
.badge{font-size:.75rem;font-weight:600;color:var(--muted);border:1px solid var(--muted);border-radius:999px;
  padding:.05rem .6rem;margin-left:.4rem}
[hidden]{display:none}
`;
