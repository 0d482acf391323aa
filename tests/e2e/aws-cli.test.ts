import { expect, test } from "vitest";
import { awsCli, startServer } from "./harness.ts";

test("says who is calling", async () => {
  const aws = awsCli(await startServer("--ephemeral"));
  const { stdout, stderr } = await aws("sts", "get-caller-identity");
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    UserId: "000000000000",
    Account: "000000000000",
    Arn: "arn:aws:iam::000000000000:root",
  });
});
