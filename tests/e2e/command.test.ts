import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { open, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { nube, startServer, temporaryFolder } from "./harness.ts";

describe("one cloud per data folder and port", () => {
  test("a second start on the same folder says so and exits with 1", async () => {
    const data = await temporaryFolder();
    await startServer("--data", data);
    const second = await nube("start", "--port", "0", "--data", data);
    expect(second).toMatchObject({
      code: 1,
      stderr: `Nube is already running on ${data}. See: nube status\n`,
    });
  });

  test("a folder stays locked when somebody clears its socket away", async () => {
    const data = await temporaryFolder();
    const first = await startServer("--data", data);
    await rm(join(data, "nube.sock"));
    const second = await nube("start", "--port", "0", "--data", data);
    expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining("already running") });
    await first.end("SIGTERM");
    await startServer("--data", data);
  });

  test("a second start on the same port says so, and leaves its folder unlocked", async () => {
    const { port } = await startServer("--ephemeral");
    const data = await temporaryFolder();
    const second = await nube("start", "--port", String(port), "--data", data);
    expect(second.code).toBe(1);
    expect(second.stderr).toContain(`Port ${port} on 127.0.0.1 is taken`);
    expect(await readdir(data)).not.toContain("nube.sock");
  });

  test("a second one in memory does not take the folder of the first along", async () => {
    const { port, end } = await startServer("--ephemeral");
    await end("SIGTERM");
    const where = ["--ephemeral", "--port", String(port)];
    await startServer(...where);
    for (const _ of ["first", "second"]) {
      const { code, stderr } = await nube("start", ...where);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining("already running") });
    }
    expect((await nube("status", ...where)).code).toBe(0);
  });

  test("a store that cannot be reached is named, without its password", async () => {
    const data = await temporaryFolder();
    const { code, stderr } = await nube(
      "start",
      "--port",
      "0",
      "--data",
      data,
      "--store",
      "postgres://u:secret@127.0.0.1:1/db",
    );
    expect({ code, lines: stderr.trim().split("\n") }).toEqual({
      code: 1,
      lines: [expect.stringContaining("The store postgres://127.0.0.1:1/db cannot be opened")],
    });
    expect(stderr).not.toContain("secret");
  });

  test("the lock of a killed server does not hold up the next", async () => {
    const data = await temporaryFolder();
    expect(await (await startServer("--data", data)).end("SIGKILL")).toBe("SIGKILL");
    expect(await readdir(data)).toContain("nube.sock");
    expect(await (await startServer("--data", data)).end("SIGTERM")).toBe(0);
  });

  test("of many that start at once after a kill, one runs", async () => {
    // Two of them meet in the same moment once in many rounds.
    for (let round = 0; round < 8; round++) {
      const data = await temporaryFolder();
      await (await startServer("--data", data)).end("SIGKILL");
      const starts = await Promise.allSettled(Array.from({ length: 5 }, () => startServer("--data", data)));
      expect(starts.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    }
  });

  test("a path too long for a socket is a data folder like any other", async () => {
    const data = join(await temporaryFolder(), "long".repeat(30));
    await startServer("--data", data);
    expect((await nube("status", "--data", data)).code).toBe(0);
    expect((await nube("start", "--port", "0", "--data", data)).code).toBe(1);
  });

  test("records stay with their blobs: another store is refused", async () => {
    const data = await temporaryFolder();
    await (await startServer("--data", data)).end("SIGTERM");
    const other = await nube(
      "start",
      "--port",
      "0",
      "--data",
      data,
      "--store",
      "postgres://nobody@127.0.0.1:1/none",
    );
    expect(other.code).toBe(1);
    expect(other.stderr).toContain("choose another --data");
  });
});

describe("what cannot be started is said in a sentence", () => {
  const start = async (...flags: string[]) => {
    const { code, stderr } = await nube("start", "--port", "0", ...flags);
    return { code, lines: stderr.trim().split("\n") };
  };
  const saying = (part: string) => ({ code: 1, lines: [expect.stringContaining(part)] });

  test("a data folder that is a file, or below one", async () => {
    const file = join(await temporaryFolder(), "file");
    await writeFile(file, "");
    expect(await start("--data", file)).toEqual(saying(`Nube cannot use ${file}: EEXIST`));
    expect(await start("--data", join(file, "data"))).toEqual(saying("ENOTDIR"));
  });

  test("an address that this machine does not have, or that is none", async () => {
    for (const host of ["fe80::1", "nowhere.invalid"])
      expect(await start("--ephemeral", "--host", host)).toEqual(saying(`Nube cannot listen on ${host}`));
  });

  test("records that were cut short", async () => {
    const data = await temporaryFolder();
    await (await startServer("--data", data)).end("SIGTERM");
    const records = join(data, "store", "records.mdb");
    await truncate(records, 100);
    expect(await start("--data", data)).toEqual(saying(`${records} does not begin as a file of records`));
  });
});

test.runIf(process.platform === "linux")("a server outlives the disk that its output goes to", async () => {
  const data = await temporaryFolder();
  const full = await open("/dev/full", "w");
  const args = ["bin/nube.js", "start", "--port", "0", "--data", data];
  const server = spawn(process.execPath, args, { stdio: ["ignore", full.fd, full.fd] });
  onTestFinished(async () => {
    server.kill("SIGKILL");
    await full.close();
  });
  const status = async () => (await nube("status", "--data", data)).code;
  await vi.waitUntil(async () => (await status()) === 0, { timeout: 30_000 });
  server.kill("SIGTERM");
  expect(await once(server, "exit")).toEqual([0, null]);
});

test("nobody else can read the data folder or use its socket", async () => {
  const data = join(await temporaryFolder(), "data");
  await startServer("--data", data);
  expect((await stat(data)).mode & 0o777).toBe(0o700);
  expect((await stat(join(data, "nube.sock"))).mode & 0o777).toBe(0o600);
});

test("stop, status, clock and reset talk to the running server", async () => {
  const data = await temporaryFolder();
  const server = await startServer("--data", data);
  const ask = async (...args: string[]) => (await nube(...args, "--data", data)).stdout;
  expect(JSON.parse(await ask("status", "--json"))).toMatchObject({
    endpoint: server.endpoint,
    services: { sts: "available" },
    certificateAuthority: join(data, "tls/ca.pem"),
    pid: server.process.pid,
  });
  // A client that is pointed at it before the first TLS connection must find it.
  expect(await readFile(join(data, "tls/ca.pem"), "utf8")).toMatch(/^-----BEGIN CERTIFICATE-----/);
  await ask("clock", "freeze");
  const before = Date.parse(JSON.parse(await ask("status", "--json")).time);
  await ask("clock", "advance", "90d");
  const { time, frozen } = JSON.parse(await ask("status", "--json"));
  expect({ days: (Date.parse(time) - before) / 86_400_000, frozen }).toEqual({ days: 90, frozen: true });
  expect(await ask("reset")).toContain(data);
  expect(JSON.parse(await ask("status", "--json")).frozen).toBe(false);
  expect(await ask("logs")).toContain('"message":"started"');
  expect(await ask("stop")).toBe("Nube has stopped.\n");
  expect(await nube("status", "--data", data)).toMatchObject({ code: 1, stdout: "" });
});

test("what is typed wrongly exits with 2 and one sentence", async () => {
  for (const args of [
    ["fly"],
    ["start", "--prot", "1"],
    ["start", "--port", "x"],
    ["start", "--auth", "none"],
    ["clock", "back"],
    ["env", "--format", "constructor"],
  ]) {
    const { code, stdout, stderr } = await nube(...args);
    expect({ args, code, stdout, lines: stderr.trim().split("\n").length }).toEqual({
      args,
      code: 2,
      stdout: "",
      lines: 1,
    });
  }
});

test("every command teaches with examples", async () => {
  const { stdout } = await nube("--help");
  const names = [...stdout.matchAll(/^ {2}([a-z]+) {2}/gm)].map(([, name]) => name!);
  expect(names).toEqual(["start", "stop", "status", "doctor", "config", "env", "reset", "clock", "logs"]);
  for (const name of names) expect((await nube(name, "--help")).stdout).toMatch(/\nExamples?\n {2}/);
});

test("env points a shell at the cloud", async () => {
  const { stdout } = await nube("env", "--port", "4600", "--region", "eu-west-1");
  const told = await promisify(execFile)("sh", ["-c", `${stdout}echo $AWS_ENDPOINT_URL $AWS_REGION`]);
  expect(told.stdout).toBe("http://localhost:4600 eu-west-1\n");
});
