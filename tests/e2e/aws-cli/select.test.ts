import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { startServer, temporaryFolder } from "../harness.ts";
import { cli } from "./cli.ts";

test("the AWS CLI queries an object with SQL", async () => {
  const folder = await temporaryFolder();
  const aws = cli(await startServer("--ephemeral"), folder);
  await writeFile(join(folder, "people.csv"), "id,name\n1,Ann\n2,Bob\n");
  await aws("s3", "mb", "s3://data");
  await aws("s3api", "put-object", "--bucket", "data", "--key", "people.csv", "--body", "people.csv");
  const query = (expression: string) => [
    ...["s3api", "select-object-content", "--bucket", "data", "--key", "people.csv"],
    ...["--expression-type", "SQL", "--expression", expression],
    ...["--input-serialization", '{"CSV":{"FileHeaderInfo":"USE"}}', "--output-serialization", '{"JSON":{}}'],
    "answer",
  ];
  await aws(...query("SELECT s.name FROM S3Object s WHERE s.id = '2'"));
  expect(await readFile(join(folder, "answer"), "utf8")).toBe('{"name":"Bob"}\n');
  expect(await aws.refused(...query("SELECT s.age FROM S3Object s"))).toContain("(MissingHeaders)");
});
