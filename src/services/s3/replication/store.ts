import type { Input } from "#kernel/service.ts";
import { configuration } from "../buckets/configurations.ts";

/** As its owner set it, with an id for each rule. */
export type ReplicationConfiguration = Input<"s3", "PutBucketReplication">["ReplicationConfiguration"];
export type Rule = ReplicationConfiguration["Rules"][number];

export const replications = configuration<ReplicationConfiguration>("replication");
