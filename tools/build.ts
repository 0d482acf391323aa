/** Bundles the server into `dist/`, unless the bundle is newer than all of its sources. */
import { access, cp, mkdir, readdir, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import type { OutputFile, Plugin } from "esbuild";

const root = join(import.meta.dirname, "..");
const out = join(root, "dist");
const SOURCES = ["src", "tools/build.ts", "package.json", "package-lock.json"];
const DAY_MS = 86_400_000;

/**
 * An ES import of `node:http` copies all of its exports, including `WebSocket`, for which Node then loads its whole HTTP
 * client: 25 ms of the start, and 6 MB. `process.getBuiltinModule` avoids that.
 */
const leanHttp: Plugin = {
  name: "lean-http",
  setup(build) {
    build.onResolve({ filter: /^node:http$/ }, ({ path }) => ({ path, namespace: "lean-http" }));
    build.onLoad({ filter: /.*/, namespace: "lean-http" }, () => ({
      contents: 'module.exports = process.getBuiltinModule("node:http");',
    }));
  },
};

const isForced = process.argv.includes("--force");
// A package must not contain chunks of former builds.
if (isForced) await rm(out, { recursive: true, force: true });
if (isForced || (await isStale())) await build();

async function isStale(): Promise<boolean> {
  const built = await stat(join(out, ".built")).catch(() => undefined);
  if (!built) return true;
  const newest = await Promise.all(SOURCES.map((source) => newestIn(join(root, source))));
  return Math.max(...newest) > built.mtimeMs;
}

/** Includes folders: removing a file changes only its folder. */
async function newestIn(path: string): Promise<number> {
  const { mtimeMs } = await stat(path);
  const inside = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = await Promise.all(inside.map((entry) => stat(join(entry.parentPath, entry.name))));
  return Math.max(mtimeMs, ...files.map((file) => file.mtimeMs));
}

async function build(): Promise<void> {
  const esbuild = await import("esbuild");
  const started = new Date();
  const { outputFiles } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: {
      nube: "src/cli/main.ts",
      // The worker is started by name in `lib/checksums/hash-pool.ts`.
      "hash-worker": "src/lib/checksums/hash-worker.ts",
    },
    outdir: out,
    bundle: true,
    // One chunk per service, so that unused services are not loaded.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // Native or rarely used: imported from node_modules on first use.
    packages: "external",
    plugins: [leanHttp],
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "warning",
    write: false,
  });
  await mkdir(out, { recursive: true });
  // Read from beside the bundle, as from beside `contract.ts`.
  await cp(join(root, "src/aws/contract/data"), join(out, "data"), { recursive: true });
  const isEntry = ({ path }: OutputFile) => /^(nube|hash-worker)\./.test(basename(path));
  await Promise.all(outputFiles.filter((file) => !isEntry(file)).map(keep));
  await Promise.all(outputFiles.filter(isEntry).map(replace));
  await removeLeftovers(new Set(outputFiles.map(({ path }) => basename(path))));
  await writeFile(join(out, ".built"), "");
  await utimes(join(out, ".built"), started, started);
}

/** Chunks have names by their content. */
async function keep(file: OutputFile): Promise<void> {
  const exists = await access(file.path).then(
    () => true,
    () => false,
  );
  if (!exists) await replace(file);
}

async function replace({ path, contents }: OutputFile): Promise<void> {
  const unfinished = `${path}.${process.pid}`;
  await writeFile(unfinished, contents);
  await rename(unfinished, path);
}

/** A running server may still need chunks of a former build. */
async function removeLeftovers(current: ReadonlySet<string>): Promise<void> {
  for (const name of await readdir(out)) {
    const path = join(out, name);
    const { mtimeMs } = await stat(path);
    if (/\.js(\.map)?$/.test(name) && !current.has(name) && mtimeMs < Date.now() - DAY_MS) await rm(path);
  }
}
