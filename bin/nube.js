#!/usr/bin/env node
// Plain JavaScript that old Nodes understand, too: it finds one that is new enough, and starts the bundle there.
import { existsSync } from "node:fs";
import module from "node:module";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { setFlagsFromString } from "node:v8";

const NEEDED = 24;

if (Number(process.versions.node.split(".")[0]) >= NEEDED) await run();
else await rerun(packagedNode());

async function run() {
  const bundle = new URL("../dist/nube.js", import.meta.url);
  if (!existsSync(bundle)) fail("Nube is not built yet. Run: npm run build");
  module.enableCompileCache(fileURLToPath(new URL("../dist/.cache", import.meta.url)));
  const { main } = await import(bundle);
  // Written at an orderly exit otherwise, and a server may never see one.
  setTimeout(module.flushCompileCache, 1_000).unref();
  // A server's young objects die young, but its collector begins with a megabyte for them and doubles that slowly: every
  // call pays a tenth for collections that find nothing. It also looks through all that lives on after every few megabytes.
  // Only after the start, so that an idle server stays small; `app/rest.ts` gives back what work has taken.
  setTimeout(() => {
    setFlagsFromString("--semi-space-growth-factor=16");
    setFlagsFromString("--heap-growing-percent=400");
  }, 1_000).unref();
  await main(process.argv.slice(2));
}

/** The Node that npm installed with this package. */
function packagedNode() {
  const { platform, arch } = process;
  const require = module.createRequire(import.meta.url);
  for (const name of [`node-${platform}-${arch}`, `node-bin-${platform}-${arch}`]) {
    try {
      return require.resolve(`${name}/bin/node`);
    } catch {}
  }
  return fail(
    `Nube needs Node ${NEEDED} or newer; this is ${process.version}, and npm installed none for ${platform}-${arch}.`,
  );
}

async function rerun(node) {
  // Loaded here only: it takes a thirtieth of a start.
  const { spawn } = await import("node:child_process");
  const child = spawn(node, process.argv.slice(1), { stdio: "inherit" });
  // The terminal sends these to both; whoever sends one to this process alone means the child.
  for (const signal of ["SIGTERM", "SIGHUP", "SIGINT"])
    process.on(signal, () => signal === "SIGINT" || child.kill(signal));
  child.on("error", (error) => fail(`${node} does not start: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

function fail(message) {
  console.error(message);
  process.exit(1);
}
