import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { describe, it } from 'node:test';
import { promisify } from 'node:util';
import { tempDir } from './support/temp-dir.ts';

const run = promisify(execFile);

const pages = readdirSync('docs').filter((file) => file.endsWith('.md'));

describe('the pages in docs/', () => {
  it('show code that compiles', async () => {
    using dir = tempDir();
    const files: string[] = [];
    for (const page of pages) {
      const text = readFileSync(`docs/${page}`, 'utf8');
      for (const [, code = ''] of text.matchAll(/^```ts\n([\s\S]*?)^```/gm)) {
        const file = dir.file(`src/${page}.${files.length}.ts`);
        mkdirSync(dirname(file), { recursive: true });
        writeFileSync(file, `${code}\nexport {};\n`);
        files.push(file);
      }
    }
    assert.ok(files.length > 0);
    const compilerOptions = {
      module: 'nodenext',
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      strict: true,
      noEmit: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [resolve('node_modules/@types')],
      paths: {
        'grpc-entra/*': [resolve('dist/*/index.d.ts')],
        'grpc-entra': [resolve('dist/index.d.ts')],
      },
    };
    writeFileSync(dir.file('package.json'), '{ "type": "module" }');
    writeFileSync(dir.file('tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
    await run('node_modules/.bin/tsc', ['-p', dir.path]).catch((error: unknown) => {
      assert.fail(
        error instanceof Error && 'stdout' in error ? String(error.stdout) : String(error),
      );
    });
  });

  it('link to files that exist', () => {
    for (const page of pages) {
      const text = readFileSync(`docs/${page}`, 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)) {
        assert.doesNotThrow(() => readFileSync(resolve('docs', target)), `${page}: ${target}`);
      }
    }
  });
});
