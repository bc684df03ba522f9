import { createHash } from 'node:crypto';
import { pageScript } from './script.ts';
import { pageStyle } from './style.ts';

const table = (id: string, caption: string, columns: readonly string[]): string => `
<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}-caption">
<table id="${id}"><caption id="${id}-caption">${caption}</caption>
<thead><tr>${columns.map((name) => `<th scope="col">${name}</th>`).join('')}</tr></thead>
<tbody></tbody></table></div>`;

const signIns = `
<section aria-labelledby="sign-ins-title">
<h2 id="sign-ins-title">Sign-ins</h2>
<div class="controls">
<label><input type="checkbox" id="only-refused"> Only what went wrong</label>
<label><input type="checkbox" id="all-requests"> Also metadata, keys and others</label>
<button type="button" class="quiet" id="clear">Clear this view</button>
</div>
<p id="last" role="status" class="muted">Nothing yet.</p>
${table('sign-ins', 'Latest first; secrets and tokens are not kept.', ['Time', 'Outcome', 'Application', 'Asked for', 'Client', 'Correlation id'])}
</section>`;

const decoder = `
<section aria-labelledby="decoder-title">
<h2 id="decoder-title">Token decoder</h2>
<form id="decoder">
<label for="token">Access token</label>
<textarea id="token" autocomplete="off" autocapitalize="off" spellcheck="false" aria-describedby="token-hint"></textarea>
<p id="token-hint" class="muted">It goes to this emulator alone, which neither keeps nor logs it.</p>
<button type="submit">Decode</button>
</form>
<p id="verdict" role="status"></p>
<div id="decoded" hidden>
${table('marks', 'Rules that servers apply, as far as this emulator can tell', ['Rule', 'Result', 'Demand', 'Note'])}
<h3>Header</h3><pre id="token-header" tabindex="0" aria-label="Header of the token"></pre>
<h3>Claims</h3><pre id="token-claims" tabindex="0" aria-label="Claims of the token"></pre>
</div>
</section>`;

const registrations = `
<section aria-labelledby="registrations-title">
<h2 id="registrations-title">Registrations</h2>
${table('apps', 'Applications', ['Name', 'Client id', 'Signs in with', 'Granted'])}
${table('apis', 'APIs', ['Name', 'Client id', 'App ID URIs', 'Tokens', 'App roles', 'Scopes'])}
${table('tenants', 'Tenants', ['Name', 'Tenant id', 'Domains'])}
${table('users', 'Users', ['Name', 'Object id'])}
${table('keys', 'Signing keys', ['Key id', 'Use'])}
</section>`;

/** The page. Nothing in it depends on a request: what changes is fetched by its script. */
export const pageDocument: string = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Entra emulator</title>
<link rel="icon" href="data:,">
<style>${pageStyle}</style>
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<h1>Entra emulator<span class="badge">not Microsoft</span></h1>
<p><code id="origin"></code></p>
<p>Tenant <code id="tenant"></code></p>
<p id="live" role="status">Connecting</p>
</header>
<main id="main">
<div class="column">${signIns}${registrations}</div>
<div class="column">${decoder}</div>
</main>
<noscript><p>This page needs JavaScript: what it shows changes while you look.</p></noscript>
<script type="module">${pageScript}</script>
</body>
</html>
`;

const hash = (text: string): string =>
  `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Runs nothing but the page's own script and style, and talks to nobody but the emulator. */
export const pageSecurityPolicy: string = [
  "default-src 'none'",
  `script-src ${hash(pageScript)}`,
  `style-src ${hash(pageStyle)}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ');
