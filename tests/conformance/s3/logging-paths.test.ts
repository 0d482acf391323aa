import {
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketLoggingCommand,
  PutBucketPolicyCommand,
} from "@aws-sdk/client-s3";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud } from "../cloud.ts";
import { exchange } from "../wire.ts";
import { freshBucket, s3Client, type TappedClient } from "./client.ts";

const cloud = conformanceCloud();
let s3: TappedClient;
let source: string;
let logs: string;
beforeAll(async () => {
  s3 = s3Client(cloud);
  source = await freshBucket(s3, "source");
  logs = await freshBucket(s3, "logs");
  const Statement = {
    Effect: "Allow",
    Principal: { Service: "logging.s3.amazonaws.com" },
    Action: "s3:PutObject",
    Resource: `arn:aws:s3:::${logs}/*`,
  };
  const Policy = JSON.stringify({ Version: "2012-10-17", Statement });
  await s3.send(new PutBucketPolicyCommand({ Bucket: logs, Policy }));
});

/** Visits a path, and returns the access log. */
async function logOf(host: string, path: string): Promise<string> {
  const LoggingEnabled = { TargetBucket: logs, TargetPrefix: `${host}/` };
  await s3.send(new PutBucketLoggingCommand({ Bucket: source, BucketLoggingStatus: { LoggingEnabled } }));
  await exchange(`${cloud.endpoint}${path}`, { headers: { host } });
  await cloud.advance(3_600_000);
  const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket: logs, Prefix: `${host}/` }));
  const { Body } = await s3.send(new GetObjectCommand({ Bucket: logs, Key: Contents![0]!.Key }));
  return Body!.transformToString();
}

for (const [where, endpoint, fields] of [
  ["the REST API as a space", "s3.localhost", "REST.GET.OBJECT a%20b"],
  ["a website as a plus sign", "s3-website.localhost", "WEBSITE.GET.OBJECT a+b"],
] as const)
  behaviour(
    `a plus sign in the path is recorded for ${where}`,
    "https://github.com/ostreedev/ostree/issues/2139",
    async () => {
      expect(await logOf(`${source}.${endpoint}`, "/a+b")).toContain(` ${fields} `);
    },
  );
