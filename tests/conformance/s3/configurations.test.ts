import {
  type AnalyticsConfiguration,
  type BucketAccelerateStatus,
  CreateBucketCommand,
  DeleteBucketAnalyticsConfigurationCommand,
  DeleteBucketCommand,
  DeleteBucketMetricsConfigurationCommand,
  GetBucketAccelerateConfigurationCommand,
  GetBucketAnalyticsConfigurationCommand,
  GetBucketCorsCommand,
  GetBucketMetricsConfigurationCommand,
  GetObjectCommand,
  ListBucketAnalyticsConfigurationsCommand,
  ListBucketMetricsConfigurationsCommand,
  type MetricsConfiguration,
  PutBucketAccelerateConfigurationCommand,
  PutBucketAnalyticsConfigurationCommand,
  PutBucketCorsCommand,
  PutBucketMetricsConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { beforeAll, expect } from "vitest";
import { behaviour, conformanceCloud, doc } from "../cloud.ts";
import { exchange } from "../wire.ts";

const cloud = conformanceCloud();
let s3: S3Client;
beforeAll(async () => {
  s3 = new S3Client({ ...cloud.client(), forcePathStyle: true });
  for (const Bucket of ["plain", "many", "with.dots"]) await s3.send(new CreateBucketCommand({ Bucket }));
});

const page = (operation: string) => doc(`AmazonS3/latest/API/API_${operation}.html`);
const missing = {
  name: "NoSuchConfiguration",
  message: "The specified configuration does not exist.",
  $metadata: { httpStatusCode: 404 },
};

// Metrics

const METRICS = page("PutBucketMetricsConfiguration");
const putMetrics = (MetricsConfiguration: MetricsConfiguration, Bucket = "plain", Id?: string) =>
  s3.send(
    new PutBucketMetricsConfigurationCommand({
      Bucket,
      Id: Id ?? MetricsConfiguration.Id,
      MetricsConfiguration,
    }),
  );
const getMetrics = async (Id: string) =>
  (await s3.send(new GetBucketMetricsConfigurationCommand({ Bucket: "plain", Id }))).MetricsConfiguration;

for (const [what, Filter] of [
  ["all objects", undefined],
  ["a prefix", { Prefix: "a/" }],
  ["a tag", { Tag: { Key: "k", Value: "v" } }],
  ["several conditions", { And: { Prefix: "a/", Tags: [{ Key: "k", Value: "v" }] } }],
] as const) {
  behaviour(`a metrics configuration with ${what} is returned as it was put`, METRICS, async () => {
    const document = { Id: "entire", Filter } as MetricsConfiguration;
    await putMetrics(document);
    expect(await getMetrics("entire")).toEqual(document);
  });
}

behaviour("PutBucketMetricsConfiguration replaces the existing configuration", METRICS, async () => {
  await putMetrics({ Id: "twice", Filter: { Prefix: "a" } });
  await putMetrics({ Id: "twice" });
  expect(await getMetrics("twice")).toEqual({ Id: "twice" });
});

for (const [what, filter] of [
  ["two filters at once", "<Prefix>a</Prefix><Tag><Key>k</Key><Value>v</Value></Tag>"],
  ["an And of one condition", "<And><Prefix>a</Prefix></And>"],
] as const) {
  behaviour(`${what} makes a document malformed`, METRICS, async () => {
    const command = new PutBucketMetricsConfigurationCommand({
      Bucket: "plain",
      Id: "wrong",
      MetricsConfiguration: { Id: "wrong" },
    });
    // Documents that the SDK would not serialize.
    command.middlewareStack.add(
      (next) => (args) => {
        const body = `<MetricsConfiguration><Id>wrong</Id><Filter>${filter}</Filter></MetricsConfiguration>`;
        const request = args.request as { body: string; headers: Record<string, string> };
        request.body = body;
        request.headers["content-length"] = String(body.length);
        return next(args);
      },
      { step: "build", priority: "low" },
    );
    await expect(s3.send(command)).rejects.toMatchObject({ name: "MalformedXML" });
  });
}

behaviour("a missing metrics configuration is not found", page("GetBucketMetricsConfiguration"), async () => {
  await expect(getMetrics("none")).rejects.toMatchObject(missing);
});

behaviour(
  "DeleteBucketMetricsConfiguration answers 204",
  page("DeleteBucketMetricsConfiguration"),
  async () => {
    await putMetrics({ Id: "short" });
    const deleteConfiguration = () =>
      s3.send(new DeleteBucketMetricsConfigurationCommand({ Bucket: "plain", Id: "short" }));
    expect((await deleteConfiguration()).$metadata.httpStatusCode).toBe(204);
    await expect(deleteConfiguration()).rejects.toMatchObject(missing);
  },
);

behaviour(
  "metrics configurations are listed by ID in pages of a hundred",
  page("ListBucketMetricsConfigurations"),
  async () => {
    const ids = Array.from({ length: 101 }, (_, i) => `m-${String(i).padStart(3, "0")}`);
    for (const id of ids.toReversed()) await putMetrics({ Id: id }, "many");
    const list = (ContinuationToken?: string) =>
      s3.send(new ListBucketMetricsConfigurationsCommand({ Bucket: "many", ContinuationToken }));
    const first = await list();
    expect(first.IsTruncated).toBe(true);
    expect(first.MetricsConfigurationList?.map(({ Id }) => Id)).toEqual(ids.slice(0, 100));
    const second = await list(first.NextContinuationToken);
    expect(second.IsTruncated).toBe(false);
    expect(second.MetricsConfigurationList?.map(({ Id }) => Id)).toEqual(["m-100"]);
  },
);

behaviour("the ID of the document is the one that is stored", METRICS, async () => {
  await expect(putMetrics({ Id: "one" }, "plain", "two")).rejects.toMatchObject({ name: "IdMismatch" });
});

for (const Id of ["a b", "a/b", "i".repeat(65)]) {
  behaviour(`an ID like ${Id.slice(0, 5)} is refused`, METRICS, async () => {
    await expect(putMetrics({ Id })).rejects.toMatchObject({ $metadata: { httpStatusCode: 400 } });
  });
}

behaviour("metrics configurations of a missing bucket are not found", METRICS, async () => {
  await expect(putMetrics({ Id: "x" }, "no-such-bucket")).rejects.toMatchObject({ name: "NoSuchBucket" });
});

// Analytics

const ANALYTICS = page("PutBucketAnalyticsConfiguration");
const putAnalytics = (AnalyticsConfiguration: AnalyticsConfiguration, Bucket = "plain") =>
  s3.send(
    new PutBucketAnalyticsConfigurationCommand({
      Bucket,
      Id: AnalyticsConfiguration.Id,
      AnalyticsConfiguration,
    }),
  );
const exported = (Bucket: string): AnalyticsConfiguration => ({
  Id: "exported",
  Filter: { And: { Prefix: "a/", Tags: [{ Key: "k", Value: "v" }] } },
  StorageClassAnalysis: {
    DataExport: {
      OutputSchemaVersion: "V_1",
      Destination: { S3BucketDestination: { Format: "CSV", Bucket, Prefix: "analysis" } },
    },
  },
});

for (const document of [{ Id: "bare", StorageClassAnalysis: {} }, exported("arn:aws:s3:::plain")]) {
  behaviour(`the analytics configuration ${document.Id} is returned as it was put`, ANALYTICS, async () => {
    await putAnalytics(document);
    const { AnalyticsConfiguration } = await s3.send(
      new GetBucketAnalyticsConfigurationCommand({ Bucket: "plain", Id: document.Id }),
    );
    expect(AnalyticsConfiguration).toEqual(document);
  });
}

behaviour("an analytics export to a destination that is not an ARN is refused", ANALYTICS, async () => {
  await expect(putAnalytics(exported("plain"))).rejects.toMatchObject({
    name: "InvalidS3DestinationBucket",
  });
});

behaviour(
  "analytics configurations are listed, and deleted with 204",
  page("ListBucketAnalyticsConfigurations"),
  async () => {
    for (const Id of ["b", "a"]) await putAnalytics({ Id, StorageClassAnalysis: {} }, "many");
    const { AnalyticsConfigurationList, IsTruncated } = await s3.send(
      new ListBucketAnalyticsConfigurationsCommand({ Bucket: "many" }),
    );
    expect([AnalyticsConfigurationList?.map(({ Id }) => Id), IsTruncated]).toEqual([["a", "b"], false]);
    const deleteConfiguration = () =>
      s3.send(new DeleteBucketAnalyticsConfigurationCommand({ Bucket: "many", Id: "a" }));
    expect((await deleteConfiguration()).$metadata.httpStatusCode).toBe(204);
    await expect(deleteConfiguration()).rejects.toMatchObject(missing);
  },
);

behaviour(
  "a missing analytics configuration is not found",
  page("GetBucketAnalyticsConfiguration"),
  async () => {
    const command = new GetBucketAnalyticsConfigurationCommand({ Bucket: "plain", Id: "none" });
    await expect(s3.send(command)).rejects.toMatchObject(missing);
  },
);

// Transfer acceleration

const ACCELERATE = page("PutBucketAccelerateConfiguration");
const accelerate = (Status: string, Bucket = "plain") =>
  s3.send(
    new PutBucketAccelerateConfigurationCommand({
      Bucket,
      AccelerateConfiguration: { Status: Status as BucketAccelerateStatus },
    }),
  );
const accelerated = async (Bucket: string) =>
  (await s3.send(new GetBucketAccelerateConfigurationCommand({ Bucket }))).Status;

behaviour("the acceleration of a new bucket is empty", ACCELERATE, async () => {
  expect(await accelerated("many")).toBeUndefined();
});

for (const status of ["Enabled", "Suspended"]) {
  behaviour(`the acceleration is ${status} after it is put`, ACCELERATE, async () => {
    await accelerate(status);
    expect(await accelerated("plain")).toBe(status);
  });
}

behaviour("acceleration is refused for bucket names with dots", ACCELERATE, async () => {
  await expect(accelerate("Enabled", "with.dots")).rejects.toMatchObject({
    name: "InvalidRequest",
    message: "S3 Transfer Acceleration is not supported for buckets with periods (.) in their names",
  });
});

behaviour("the status of acceleration is either Enabled or Suspended", ACCELERATE, async () => {
  await expect(accelerate("Off")).rejects.toMatchObject({ name: "MalformedXML" });
});

behaviour(
  "an accelerated bucket is served by its s3-accelerate host",
  doc("AmazonS3/latest/userguide/transfer-acceleration-getting-started.html"),
  async () => {
    await accelerate("Enabled");
    await s3.send(new PutObjectCommand({ Bucket: "plain", Key: "k", Body: "fast" }));
    const client = new S3Client({ ...cloud.client(), endpoint: "http://s3-accelerate.localhost" });
    const url = new URL(await getSignedUrl(client, new GetObjectCommand({ Bucket: "plain", Key: "k" })));
    expect(url.hostname).toBe("plain.s3-accelerate.localhost");
    const answer = await exchange(`${cloud.endpoint}${url.pathname}${url.search}`, {
      headers: { host: url.host },
    });
    expect([answer.status, answer.text]).toEqual([200, "fast"]);
  },
);

// Deleting a bucket

behaviour(
  "a bucket that is created again has no configurations of the deleted one",
  page("DeleteBucket"),
  async () => {
    const Bucket = "reborn";
    await s3.send(new CreateBucketCommand({ Bucket }));
    await putMetrics({ Id: "x" }, Bucket);
    await accelerate("Enabled", Bucket);
    const rule = { AllowedMethods: ["GET"], AllowedOrigins: ["*"] };
    await s3.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [rule] } }));
    await s3.send(new DeleteBucketCommand({ Bucket }));
    await s3.send(new CreateBucketCommand({ Bucket }));
    expect(await accelerated(Bucket)).toBeUndefined();
    const list = await s3.send(new ListBucketMetricsConfigurationsCommand({ Bucket }));
    expect(list.MetricsConfigurationList).toBeUndefined();
    await expect(s3.send(new GetBucketCorsCommand({ Bucket }))).rejects.toMatchObject({
      name: "NoSuchCORSConfiguration",
    });
  },
);
