import { hash } from "node:crypto";
import {
  CompleteMultipartUploadCommand,
  CreateVaultCommand,
  GetJobOutputCommand,
  GlacierClient,
  InitiateJobCommand,
  InitiateMultipartUploadCommand,
  type JobParameters,
  UploadArchiveCommand,
  UploadMultipartPartCommand,
} from "@aws-sdk/client-glacier";
import { type ConformanceCloud, doc } from "../cloud.ts";

export const MIB = 1_048_576;
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A page of Glacier's developer guide. */
export const page = (name: string): string => doc(`amazonglacier/latest/dev/${name}.html`);

export const bytes = (size: number): Buffer => Buffer.alloc(size, hash("sha512", "archive", "hex"));

/** The tree hash as the developer guide defines it, implemented literally. */
export function treeHash(data: Uint8Array): string {
  let level: string[] = [];
  for (let at = 0; at < data.length; at += MIB)
    level.push(hash("sha256", data.subarray(at, at + MIB), "hex"));
  while (level.length > 1) {
    const above: string[] = [];
    for (let at = 0; at < level.length; at += 2) {
      const [left, right] = level.slice(at, at + 2);
      above.push(right === undefined ? left! : hash("sha256", Buffer.from(left! + right, "hex"), "hex"));
    }
    level = above;
  }
  return level[0]!;
}

export function glacierOf(cloud: ConformanceCloud) {
  const client = (options?: { account?: string; region?: string }) =>
    new GlacierClient(cloud.client(options));
  let vaults = 0;

  async function vault(): Promise<{ accountId: string; vaultName: string }> {
    const on = { accountId: "-", vaultName: `vault-${++vaults}` };
    await client().send(new CreateVaultCommand(on));
    return on;
  }

  return {
    client,
    /** Creates a vault in the default account. */
    vault,

    async upload(on: { vaultName: string }, body: Uint8Array = bytes(10), archiveDescription?: string) {
      const input = { accountId: "-", ...on, body, archiveDescription };
      const { archiveId } = await client().send(new UploadArchiveCommand(input));
      return archiveId!;
    },

    async beginUpload(on: { vaultName: string }, partSize = MIB, archiveDescription?: string) {
      const input = { accountId: "-", ...on, partSize: `${partSize}`, archiveDescription };
      const { uploadId } = await client().send(new InitiateMultipartUploadCommand(input));
      return { accountId: "-", ...on, uploadId: uploadId! };
    },

    /** One part of `data`, counted from 0. */
    sendPart(to: { vaultName: string; uploadId: string }, data: Uint8Array, part: number, partSize = MIB) {
      const body = data.subarray(part * partSize, (part + 1) * partSize);
      const range = `bytes ${part * partSize}-${part * partSize + body.length - 1}/*`;
      return client().send(new UploadMultipartPartCommand({ accountId: "-", ...to, body, range }));
    },

    complete(to: { vaultName: string; uploadId: string }, data: Uint8Array) {
      const whole = { checksum: treeHash(data), archiveSize: `${data.length}` };
      return client().send(new CompleteMultipartUploadCommand({ accountId: "-", ...to, ...whole }));
    },

    async job(on: { vaultName: string }, jobParameters: JobParameters) {
      const { jobId } = await client().send(new InitiateJobCommand({ accountId: "-", ...on, jobParameters }));
      return { accountId: "-", vaultName: on.vaultName, jobId: jobId! };
    },

    async output(of: { accountId: string; vaultName: string; jobId: string }, range?: string) {
      const answer = await client().send(new GetJobOutputCommand({ ...of, range }));
      return { ...answer, body: Buffer.from(await answer.body!.transformToByteArray()) };
    },
  };
}
