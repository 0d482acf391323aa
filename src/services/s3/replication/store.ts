import type { Input } from "#kernel/service.ts";
import { configuration } from "../buckets/configurations.ts";

/** A configuration as its owner put it, with ids added to the rules that had none. */
export type ReplicationConfiguration = Input<"s3", "PutBucketReplication">["ReplicationConfiguration"];
export type Rule = ReplicationConfiguration["Rules"][number];

export const replications = configuration<ReplicationConfiguration>("replication");
