// Fetches the third-party browser files at pinned versions and writes web/static/vendor/.
// Run from an empty scratch folder: `node /path/to/web/vendor.mjs`. Needs npm and the network.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const OUT = join(dirname(fileURLToPath(import.meta.url)), 'static', 'vendor');
const ESBUILD = 'esbuild@0.28.2';

// Only the media-chrome elements the player uses: one module instead of eighty requests.
const CHROME = [
  'media-controller', 'media-control-bar', 'media-play-button', 'media-seek-backward-button',
  'media-seek-forward-button', 'media-mute-button', 'media-volume-range', 'media-time-range',
  'media-time-display', 'media-pip-button', 'media-fullscreen-button', 'media-loading-indicator',
  'media-preview-thumbnail', 'media-preview-time-display', 'media-preview-chapter-display',
];

const PACKAGES = [
  { name: 'hls.js', version: '1.7.4', licence: 'Apache-2.0', folder: 'hls', license_file: 'LICENSE',
    why: 'HLS where the browser has none', copy: { 'dist/hls.min.mjs': 'hls.min.mjs' } },
  { name: 'media-chrome', version: '4.19.4', licence: 'MIT', folder: 'media-chrome',
    license_file: 'LICENSE', why: 'player controls that screen readers and remotes understand',
    bundle: { entry: CHROME.map((part) => `import 'media-chrome/dist/${part}.js';`).join('\n'),
      to: 'media-chrome.min.mjs' } },
  { name: '@bbc/tv-lrud-spatial', version: '0.0.16', licence: 'Apache-2.0', folder: 'lrud',
    license_file: 'LICENSE', why: 'arrow keys of a TV remote move the focus by geometry',
    bundle: { entry: "export { getNextFocus } from '@bbc/tv-lrud-spatial/lib/lrud.js';",
      to: 'lrud.min.mjs' } },
  { name: 'jassub', version: '2.5.16', licence: 'LGPL-2.1-or-later and MIT, with FTL, ISC, NTP, Zlib and BSL-1.0 parts',
    folder: 'jassub', license_file: 'LICENSE', why: 'libass in the browser: ASS subtitles as they were styled',
    bundle: { entry: "export { default } from 'jassub';", to: 'jassub.min.mjs' },
    also: { entry: "import 'jassub/dist/worker/worker.js';", to: 'worker.min.mjs' },
    copy: { 'dist/wasm/jassub-worker.wasm': 'jassub-worker.wasm',
      'dist/wasm/jassub-worker-modern.wasm': 'jassub-worker-modern.wasm', 'dist/default.woff2': 'default.woff2' } },
  { name: '@fontsource-variable/figtree', version: '5.3.0', licence: 'OFL-1.1', folder: 'figtree',
    license_file: 'LICENSE', why: 'one typeface on every screen; TVs ship poor ones',
    copy: { 'files/figtree-latin-wght-normal.woff2': 'figtree-latin.woff2',
      'files/figtree-latin-ext-wght-normal.woff2': 'figtree-latin-ext.woff2' } },
  { name: 'swagger-ui-dist', version: '5.35.0', licence: 'Apache-2.0', folder: 'swagger-ui',
    license_file: 'LICENSE', why: 'the API documentation at /api/docs',
    copy: { 'swagger-ui.css': 'swagger-ui.css', 'swagger-ui-bundle.js': 'swagger-ui-bundle.js',
      'swagger-ui-bundle.js.LICENSE.txt': 'swagger-ui-bundle.js.LICENSE.txt', NOTICE: 'NOTICE' } },
];

const digest = (file) => createHash('sha256').update(readFileSync(file)).digest('hex');

function build(pack) {
  const from = join('node_modules', pack.name);
  const into = join(OUT, pack.folder);
  rmSync(into, { recursive: true, force: true });
  mkdirSync(into, { recursive: true });
  for (const [source, target] of Object.entries(pack.copy ?? {})) {
    cpSync(join(from, source), join(into, target));
  }
  const bundles = [pack.bundle, pack.also].filter(Boolean);
  for (const { entry, to } of bundles) {
    writeFileSync('entry.mjs', entry);
    execFileSync('npx', ['esbuild', 'entry.mjs', '--bundle', '--format=esm', '--minify',
      '--target=es2020', '--legal-comments=eof', `--outfile=${join(into, to)}`]);
  }
  cpSync(join(from, pack.license_file), join(into, 'LICENSE'));
  // Source maps are not vendored, so a browser's tools must not ask for them.
  const files = [...Object.values(pack.copy ?? {}), ...bundles.map(({ to }) => to), 'LICENSE'];
  for (const file of files.filter((name) => /\.(mjs|js|css)$/.test(name))) {
    const path = join(into, file);
    writeFileSync(path, readFileSync(path, 'utf8').replace(/\n?(\/\/|\/\*)# sourceMappingURL=.*$/m, ''));
  }
  return {
    package: pack.name, version: pack.version, licence: pack.licence, why: pack.why,
    files: Object.fromEntries(files.sort().map((file) => [`${pack.folder}/${file}`, digest(join(into, file))])),
  };
}

writeFileSync('package.json', '{"private": true}\n');
execFileSync('npm', ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--save-exact', ESBUILD,
  ...PACKAGES.map((pack) => `${pack.name}@${pack.version}`)], { stdio: 'inherit' });
mkdirSync(OUT, { recursive: true });
writeFileSync(join(OUT, 'manifest.json'), `${JSON.stringify(PACKAGES.map(build), null, 2)}\n`);
