import {
  CreateBucketCommand,
  type InputSerialization,
  type OutputSerialization,
  PutObjectCommand,
  S3Client,
  SelectObjectContentCommand,
  type SelectObjectContentCommandInput,
} from "@aws-sdk/client-s3";
import { type ConformanceCloud, doc } from "../cloud.ts";

export const api = doc("AmazonS3/latest/API/API_SelectObjectContent.html");
export const guide = (page: string) => doc(`AmazonS3/latest/userguide/${page}.html`);
export const errors = doc("AmazonS3/latest/API/ErrorResponses.html#SelectObjectContentErrorCodeList");
export const sql = (page: string) => guide(`s3-select-sql-reference-${page}`);

export interface Asking {
  input?: InputSerialization;
  output?: OutputSerialization;
  more?: Partial<SelectObjectContentCommandInput>;
}

export function selectOf(cloud: ConformanceCloud) {
  const s3 = () => new S3Client({ ...cloud.client(), forcePathStyle: true });
  let objects = 0;
  let made: Promise<unknown> | undefined;

  return {
    s3,
    /** Stores the body and queries it. */
    async select(Body: string | Uint8Array, Expression: string, { input, output, more }: Asking = {}) {
      made ??= s3().send(new CreateBucketCommand({ Bucket: "data" }));
      await made;
      const Key = `object-${++objects}`;
      await s3().send(new PutObjectCommand({ Bucket: "data", Key, Body }));
      const { Payload } = await s3().send(
        new SelectObjectContentCommand({
          Bucket: "data",
          Key,
          Expression,
          ExpressionType: "SQL",
          InputSerialization: input ?? { CSV: {} },
          OutputSerialization: output ?? { CSV: {} },
          ...more,
        }),
      );
      let text = "";
      const events: string[] = [];
      let stats: object | undefined;
      for await (const event of Payload!) {
        events.push(Object.keys(event).find((name) => !name.startsWith("$"))!);
        if (event.Records) text += Buffer.from(event.Records.Payload!).toString();
        if (event.Stats) stats = event.Stats.Details;
      }
      return { text, events, stats };
    },
  };
}

export const named: Asking = { input: { CSV: { FileHeaderInfo: "USE" } } };
export const asJson: OutputSerialization = { JSON: {} };
export const lines: Asking = { input: { JSON: { Type: "LINES" } }, output: asJson };
export const people = "id,name,age\n1,Ann,30\n2,Bob,25\n3,Cy,41\n";
