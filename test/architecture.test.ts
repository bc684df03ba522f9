import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, it } from 'node:test';

interface Layer {
  /** Folders it may import. */
  readonly imports: readonly string[];
  /** Packages it may use, each with the files that may; `*` is every file. */
  readonly packages: Readonly<Record<string, readonly string[] | '*'>>;
}

const GRPC = '@grpc/grpc-js';

/** Who may import whom: the graph has no cycles, and each dependency stays where it is needed. */
const layers: Readonly<Record<string, Layer>> = {
  core: {
    imports: [],
    packages: { '@bufbuild/protobuf/wire': ['error-details-codec.ts'] },
  },
  entra: { imports: ['core'], packages: {} },
  tls: { imports: ['core'], packages: { [GRPC]: ['credentials.ts', 'listener.ts'] } },
  token: { imports: ['core', 'entra'], packages: { jose: ['keys.ts'] } },
  /** Clients start often, in functions and command lines: all of jose would cost them a third of their start. */
  acquire: { imports: ['core', 'entra', 'tls'], packages: { 'jose/jwt/sign': '*' } },
  authorize: { imports: ['core'], packages: {} },
  server: { imports: ['core', 'entra', 'tls', 'token', 'authorize'], packages: { [GRPC]: '*' } },
  client: { imports: ['core', 'entra', 'tls', 'acquire'], packages: { [GRPC]: '*' } },
  emulator: { imports: ['core', 'entra', 'tls'], packages: { jose: '*' } },
  validation: {
    imports: ['core', 'server'],
    packages: {
      '@bufbuild/protobuf': '*',
      '@bufbuild/protobuf/reflect': '*',
      '@bufbuild/protobuf/wkt': '*',
      '@bufbuild/protovalidate': '*',
    },
  },
  testing: {
    imports: [
      'core',
      'entra',
      'tls',
      'token',
      'acquire',
      'authorize',
      'server',
      'client',
      'emulator',
    ],
    packages: { [GRPC]: '*' },
  },
  cli: {
    imports: [
      'core',
      'entra',
      'tls',
      'token',
      'acquire',
      'authorize',
      'server',
      'client',
      'emulator',
      'testing',
    ],
    packages: { [GRPC]: ['call.ts'], '@grpc/proto-loader': ['call.ts'] },
  },
  /** Modules directly in src: entries. */
  '.': {
    imports: ['core', 'acquire', 'authorize', 'server', 'client'],
    packages: {},
  },
};

const IMPORT = /\b(?:import|export)\b[^'"`;]*?\bfrom\s*'([^']+)'|\bimport\s*\(?\s*'([^']+)'/g;

function sources(): readonly string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
}

/** Removes comments, so that examples in them are not taken for imports. */
function code(file: string): string {
  return readFileSync(join('src', file), 'utf8').replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '');
}

function violations(): readonly string[] {
  const found: string[] = [];
  for (const file of sources()) {
    const folder = dirname(file).split('/')[0] ?? '.';
    const layer = layers[folder];
    if (layer === undefined) {
      found.push(`${file}: folder ${folder} is no layer`);
      continue;
    }
    for (const match of code(file).matchAll(IMPORT)) {
      const specifier = match[1] ?? match[2] ?? '';
      const wrong = check(file, folder, layer, specifier);
      if (wrong !== undefined) found.push(`${file}: ${wrong}`);
    }
  }
  return found;
}

function check(file: string, folder: string, layer: Layer, specifier: string): string | undefined {
  if (specifier.startsWith('node:')) return undefined;
  if (!specifier.startsWith('.')) {
    const files = layer.packages[specifier];
    const allowed = files === '*' || files?.some((name) => file.endsWith(`/${name}`)) === true;
    return allowed ? undefined : `may not use ${specifier}`;
  }
  const target = normalize(join(dirname(file), specifier));
  if (target.endsWith('index.ts')) return `imports ${target}; inside src nothing imports an index`;
  const targetFolder = dirname(target).split('/')[0] ?? '.';
  if (targetFolder === folder || layer.imports.includes(targetFolder)) return undefined;
  return `may not import ${target}`;
}

describe('the structure of src', () => {
  it('lets a folder import only what its layer may', () => {
    assert.deepEqual(violations(), []);
  });

  it('has no cycle among the layers', () => {
    const settled: string[] = [];
    const names = Object.keys(layers);
    while (settled.length < names.length) {
      const next = names.find(
        (name) =>
          !settled.includes(name) &&
          layers[name]?.imports.every((below) => settled.includes(below)),
      );
      assert.ok(
        next !== undefined,
        `a cycle among ${names.filter((n) => !settled.includes(n)).join(', ')}`,
      );
      settled.push(next);
    }
  });

  it('notices an import that is not allowed', () => {
    const token = layers['token'];
    assert.ok(token !== undefined);
    assert.equal(
      check('token/validator.ts', 'token', token, '../server/gate.ts'),
      'may not import server/gate.ts',
    );
    assert.equal(
      check('token/validator.ts', 'token', token, '@grpc/grpc-js'),
      'may not use @grpc/grpc-js',
    );
    assert.equal(check('token/validator.ts', 'token', token, '../core/clock.ts'), undefined);
  });

  it('keeps files small enough to be checked at one reading', () => {
    const long = sources().filter(
      (file) => readFileSync(join('src', file), 'utf8').split('\n').length > 280,
    );
    assert.deepEqual(long, []);
  });

  it('does nothing when a module is imported: no environment reads or timers at top level', () => {
    const working = sources().filter((file) =>
      /^(?:const|let)\s[^=\n]*=\s*(?:process\.env|setInterval|setTimeout)|^(?:setInterval|setTimeout|process\.(?:on|env))/m.test(
        code(file),
      ),
    );
    assert.deepEqual(working, []);
  });
});
