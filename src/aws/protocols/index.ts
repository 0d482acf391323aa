import type { ProtocolName } from "../contract/format.ts";
import { awsJson10, awsJson11 } from "./aws-json.ts";
import { awsQuery } from "./aws-query.ts";
import { ec2Query } from "./ec2-query.ts";
import type { Protocol } from "./protocol.ts";
import { restJson } from "./rest-json.ts";
import { restXml } from "./rest-xml.ts";
import { rpcv2Cbor } from "./rpcv2-cbor.ts";

const protocols: Record<ProtocolName, Protocol> = {
  restXml,
  restJson1: restJson,
  awsJson1_0: awsJson10,
  awsJson1_1: awsJson11,
  awsQuery,
  ec2Query,
  rpcv2Cbor,
};

export const protocol = (name: ProtocolName): Protocol => protocols[name];
