// The Worker without one of its parts, to see what that part costs. Each is built for the bench alone: while bundling, a
// function of the sources is put aside and one that does nothing takes its place. The product has no such switch.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Plugin } from 'esbuild';
import type { Bundle } from '../system/salus.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

interface Replacement {
  readonly file: string;
  /** Name of an exported function. */
  readonly name: string;
  readonly instead: string;
}

/** What a field would be read as if nothing were sealed. */
const PLAIN = JSON.stringify({
  mrn: 'BENCH-00000001',
  name: { family: 'Ordóñez', given: ['María', 'Luis'] },
  birth_date: '1984-03-09',
  sex: 'female',
  ssn: '999-45-0001',
  email: 'person.1@example.org',
  phone: '+1 202-555-0101',
  address: { line: ['1 Quitzon Mews'], city: 'Fall River', state: 'MA', postalCode: '02720' },
  origin: { address: '192.0.2.1', agent: '' },
});

export const VARIANTS = {
  none: [],
  audit: [
    {
      file: 'packages/db/src/trail.ts',
      name: 'recordEvents',
      instead: 'function recordEvents() { return sql`null::json`; }',
    },
    {
      file: 'packages/db/src/trail.ts',
      name: 'sealOrigin',
      instead: 'async function sealOrigin() { return sql`null`; }',
    },
  ],
  encryption: [
    {
      file: 'packages/crypto/src/sealed.ts',
      name: 'open',
      instead: `const PLAIN = ${PLAIN}; async function open(_, place) { return PLAIN[place.column]; }`,
    },
    {
      file: 'packages/crypto/src/sealed.ts',
      name: 'seal',
      instead: 'async function seal() { return new Uint8Array(97); }',
    },
    {
      file: 'packages/crypto/src/patient-key.ts',
      name: 'unwrapPatientKey',
      instead:
        'async function unwrapPatientKey(organizationKey, { version }) { return { version, key: organizationKey.patientWrap }; }',
    },
  ],
  policy: [
    {
      file: 'packages/policy/src/grant.ts',
      name: 'authorize',
      instead: `function authorize(subject, { resource, action, purpose }) {
        const { relationship, actions } = POLICY[resource][subject.role];
        return new Grant(MINT, { subject, resource, action, purpose, relationship, fields: actions[action] });
      }`,
    },
  ],
} as const satisfies Record<string, readonly Replacement[]>;

export type Variant = keyof typeof VARIANTS;

/** @throws Error when a function that should be replaced is not there: nothing would be measured */
export async function bundleVariant(variant: Variant): Promise<Bundle> {
  const wasm = new Map<string, string>();
  const done = new Set<string>();
  const { outputFiles } = await build({
    absWorkingDir: ROOT,
    entryPoints: ['apps/worker/src/index.ts'],
    outdir: 'out',
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*'],
    define: { 'process.env.NODE_ENV': '"production"' },
    plugins: [wasmModules(wasm), replacing(VARIANTS[variant], done)],
  });
  const missing = VARIANTS[variant].filter(({ name }) => !done.has(name));
  const script = outputFiles.find(({ path }) => path.endsWith('.js'));
  if (missing.length > 0 || !script) throw new Error(`cannot build the Worker without ${variant}`);
  const binaries = [...wasm].map(async ([name, path]) => ({
    type: 'CompiledWasm' as const,
    path: join(ROOT, name),
    contents: new Uint8Array(await readFile(path)),
  }));
  const entry = {
    type: 'ESModule' as const,
    path: join(ROOT, 'index.js'),
    contents: new Uint8Array(script.contents),
  };
  return [entry, ...(await Promise.all(binaries))];
}

function replacing(replacements: readonly Replacement[], done: Set<string>): Plugin {
  return {
    name: 'replacing',
    setup({ onLoad }) {
      for (const file of new Set(replacements.map((one) => one.file))) {
        onLoad({ filter: new RegExp(`${file.replaceAll('.', '\\.')}$`) }, async ({ path }) => {
          let contents = await readFile(path, 'utf8');
          for (const { name, instead } of replacements.filter((one) => one.file === file)) {
            const declaration = new RegExp(`^export (async )?function ${name}\\b`, 'm');
            if (!declaration.test(contents)) continue;
            contents = `${contents.replace(declaration, `$1function ${name}InTheProduct`)}\n${instead}\nexport { ${name} };\n`;
            done.add(name);
          }
          return { contents, loader: 'ts' };
        });
      }
    },
  };
}

/** A `.wasm` stays a module of its own, as wrangler leaves it. */
function wasmModules(found: Map<string, string>): Plugin {
  return {
    name: 'wasm',
    setup({ onResolve }) {
      onResolve({ filter: /\.wasm$/ }, ({ path, resolveDir }) => {
        const name = basename(path);
        found.set(name, createRequire(join(resolveDir, 'x.js')).resolve(path));
        return { path: `./${name}`, external: true };
      });
    },
  };
}
