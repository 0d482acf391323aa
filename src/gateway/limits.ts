import type { Operation } from "#aws/contract/shapes.ts";

const MIB = 1024 * 1024;

/**
 * The maximum size of a request body that is read whole, by service or else by protocol: somewhat above the
 * largest request that AWS accepts, so that the service itself can report what is too large. Streamed bodies
 * have no limit here.
 */
const SERVICE_LIMITS: Record<string, number> = {
  firehose: 8 * MIB,
  kinesis: 16 * MIB,
  lambda: 96 * MIB,
  logs: 8 * MIB,
  s3: 9 * MIB,
  ses: 64 * MIB,
  sesv2: 64 * MIB,
};

export const PROTOCOL_LIMITS = {
  restXml: 8 * MIB,
  restJson1: 16 * MIB,
  awsJson1_0: 16 * MIB,
  awsJson1_1: 16 * MIB,
  awsQuery: 8 * MIB,
  ec2Query: 8 * MIB,
  rpcv2Cbor: 16 * MIB,
};

export const bodyLimit = ({ contract }: Operation): number =>
  SERVICE_LIMITS[contract.service] ?? PROTOCOL_LIMITS[contract.protocols[0]!];

/** The limit for a form whose operation is not known yet. SES accepts mail with attachments. */
export const formLimit = (signingName: string | undefined): number =>
  signingName === "ses" ? SERVICE_LIMITS.ses! : PROTOCOL_LIMITS.awsQuery;
