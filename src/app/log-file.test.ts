import * as fs from "node:fs";
import { closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { openLogFile } from "./log-file.ts";

vi.mock("node:fs", { spy: true });

function logFile(maxBytes?: number) {
  const folder = mkdtempSync(join(tmpdir(), "nube-log-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, "nube.log");
  return { folder, path, ...openLogFile(path, maxBytes) };
}

test("lines are written in order, those of one turn together", async () => {
  const { path, write } = logFile();
  write("a\n");
  write("b\n");
  expect(readFileSync(path, "utf8")).toBe("");
  await new Promise(setImmediate);
  expect(readFileSync(path, "utf8")).toBe("a\nb\n");
});

test("a full file is rotated; the oldest is deleted", () => {
  const { folder, write, flush } = logFile(10);
  for (const line of ["one", "two", "three", "four", "five"]) {
    write(`${line}.....\n`);
    flush();
  }
  const texts = readdirSync(folder)
    .sort()
    .map((name) => [name, readFileSync(join(folder, name), "utf8").trim()]);
  expect(texts).toEqual([
    ["nube.log", "five....."],
    ["nube.log.1", "four....."],
    ["nube.log.2", "three....."],
    ["nube.log.3", "two....."],
  ]);
});

test("a log that can no longer be written does not throw", () => {
  const { folder, write, flush } = logFile(1);
  write("first\n");
  flush();
  rmSync(folder, { recursive: true });
  write("second\n");
  expect(flush).not.toThrow();
});

test("a file that was deleted meanwhile is recreated, and no unrelated file is written to or closed", () => {
  const { folder, path, write, flush } = logFile(10);
  write("first\n");
  flush();
  rmSync(path);
  write("second\n");
  flush();
  const other = openSync(join(folder, "other"), "w");
  for (const line of ["third", "fourth"]) {
    write(`${line}\n`);
    flush();
  }
  expect(writeSync(other, "mine")).toBe(4);
  closeSync(other);
  expect(readFileSync(join(folder, "other"), "utf8")).toBe("mine");
  expect(readFileSync(path, "utf8")).toBe("fourth\n");
});

test("if rotation fails, the old file takes the next lines, and no older file is deleted", () => {
  const { folder, write, flush } = logFile(10);
  write("first\n");
  flush();
  vi.mocked(fs.openSync).mockImplementationOnce(() => {
    throw Object.assign(new Error("EMFILE"), { code: "EMFILE" });
  });
  for (const line of ["second", "third"]) {
    write(`${line}\n`);
    flush();
  }
  expect(readdirSync(folder)).toEqual(["nube.log.1"]);
  expect(readFileSync(join(folder, "nube.log.1"), "utf8")).toBe("first\nthird\n");
});
