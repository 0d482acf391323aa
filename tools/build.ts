/** Bundles the server into `dist/`, unless it is newer than everything that it is made of. */
import { cp, mkdir, readdir, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const out = join(root, "dist");
const SOURCES = ["src", "tools/build.ts", "package.json", "package-lock.json"];

if (process.argv.includes("--force") || (await isStale())) await build();

async function isStale(): Promise<boolean> {
  const built = await stat(join(out, ".built")).catch(() => undefined);
  if (!built) return true;
  const newest = await Promise.all(SOURCES.map((source) => newestIn(join(root, source))));
  return Math.max(...newest) > built.mtimeMs;
}

/** Folders count as well: a file that was removed changes its folder only. */
async function newestIn(path: string): Promise<number> {
  const { mtimeMs } = await stat(path);
  const inside = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  const files = await Promise.all(inside.map((entry) => stat(join(entry.parentPath, entry.name))));
  return Math.max(mtimeMs, ...files.map((file) => file.mtimeMs));
}

async function build(): Promise<void> {
  const { build: bundle } = await import("esbuild");
  const started = new Date();
  await rm(out, { recursive: true, force: true });
  await bundle({
    absWorkingDir: root,
    entryPoints: {
      nube: "src/cli/main.ts",
      // Named by what starts it, `lib/checksums/hash-pool.ts`.
      "hash-worker": "src/lib/checksums/hash-worker.ts",
    },
    outdir: out,
    bundle: true,
    // One chunk per service: what is not called is not read.
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    // Native or used by few: found in node_modules at the first import.
    packages: "external",
    sourcemap: "linked",
    sourcesContent: false,
    logLevel: "warning",
  });
  // Found beside the bundle, as beside `contract.ts`.
  await cp(join(root, "src/aws/contract/data"), join(out, "data"), { recursive: true });
  await mkdir(out, { recursive: true });
  await writeFile(join(out, ".built"), `${started.toISOString()}\n`);
}
