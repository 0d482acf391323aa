import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { DURABLE, onStores } from "../stores.ts";
import { type Cli, cli } from "./cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nube-configurations-"));
  await writeFile(join(folder, "index.html"), "<h1>home</h1>");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const ARN = "arn:aws:s3:::reports";

/** The document for `put-bucket-x` with its option, and the output of `get-bucket-x` if it differs. */
const CONFIGURATIONS: { name: string; option: string; document: object; told?: object; id?: string }[] = [
  {
    name: "cors",
    option: "--cors-configuration",
    document: {
      CORSRules: [
        { AllowedMethods: ["GET"], AllowedOrigins: ["https://app.example.com"], MaxAgeSeconds: 60 },
      ],
    },
  },
  {
    name: "website",
    option: "--website-configuration",
    document: {
      IndexDocument: { Suffix: "index.html" },
      RoutingRules: [
        { Condition: { KeyPrefixEquals: "a/" }, Redirect: { ReplaceKeyPrefixWith: "b/", Protocol: "https" } },
      ],
    },
  },
  {
    name: "logging",
    option: "--bucket-logging-status",
    document: {
      LoggingEnabled: {
        TargetBucket: "reports",
        TargetPrefix: "logs/",
        TargetObjectKeyFormat: { PartitionedPrefix: { PartitionDateSource: "EventTime" } },
      },
    },
  },
  {
    name: "accelerate-configuration",
    option: "--accelerate-configuration",
    document: { Status: "Enabled" },
  },
  {
    name: "metrics-configuration",
    option: "--metrics-configuration",
    id: "m",
    document: { Id: "m", Filter: { Prefix: "a/" } },
    told: { MetricsConfiguration: { Id: "m", Filter: { Prefix: "a/" } } },
  },
  {
    name: "analytics-configuration",
    option: "--analytics-configuration",
    id: "a",
    document: { Id: "a", StorageClassAnalysis: {} },
    told: { AnalyticsConfiguration: { Id: "a", StorageClassAnalysis: {} } },
  },
  {
    name: "inventory-configuration",
    option: "--inventory-configuration",
    id: "i",
    document: inventory(),
    told: { InventoryConfiguration: inventory() },
  },
];

function inventory() {
  return {
    Id: "i",
    IsEnabled: true,
    IncludedObjectVersions: "All",
    OptionalFields: ["Size"],
    Schedule: { Frequency: "Daily" },
    Destination: { S3BucketDestination: { Bucket: ARN, Format: "CSV", Prefix: "inventories" } },
  };
}

onStores(DURABLE, (cloud) => {
  let aws: Cli;
  const call = (operation: string, ...more: string[]) =>
    aws.json("s3api", operation, "--bucket", "told", ...more);

  beforeAll(async () => {
    aws = cli(cloud(), folder);
    for (const bucket of ["told", "reports", "site"])
      await aws.json("s3api", "create-bucket", "--bucket", bucket);
  });

  test.each(CONFIGURATIONS)(
    "a bucket's $name configuration is returned as it was put",
    async (configuration) => {
      const { name, option, document, told = document, id } = configuration;
      const which = id === undefined ? [] : ["--id", id];
      await call(`put-bucket-${name}`, ...which, option, JSON.stringify(document));
      expect(await call(`get-bucket-${name}`, ...which)).toEqual(told);
    },
  );

  test("configurations are listed by kind and deleted", async () => {
    const { MetricsConfigurationList } = await call("list-bucket-metrics-configurations");
    expect(MetricsConfigurationList).toEqual([{ Id: "m", Filter: { Prefix: "a/" } }]);
    await call("delete-bucket-metrics-configuration", "--id", "m");
    await call("delete-bucket-website");
    await call("delete-bucket-cors");
    const gone = (...args: string[]) => aws.refused("s3api", ...args, "--bucket", "told");
    expect(await gone("get-bucket-metrics-configuration", "--id", "m")).toContain("(NoSuchConfiguration)");
    expect(await gone("get-bucket-website")).toContain("(NoSuchWebsiteConfiguration)");
    expect(await gone("get-bucket-cors")).toContain("(NoSuchCORSConfiguration)");
  });

  test("`aws s3 website` turns a bucket into a website", async () => {
    await aws("s3", "cp", "index.html", "s3://site/index.html");
    await aws("s3", "website", "s3://site", "--index-document", "index.html", "--error-document", "e.html");
    const website = await aws.json("s3api", "get-bucket-website", "--bucket", "site");
    expect(website).toEqual({
      IndexDocument: { Suffix: "index.html" },
      ErrorDocument: { Key: "e.html" },
    });
  });
});
