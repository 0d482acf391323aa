import type { Input } from "#kernel/service.ts";
import { configuration } from "../buckets/configurations.ts";

/** As its owner put it; each rule with an id. */
export type ReplicationConfiguration = Input<"s3", "PutBucketReplication">["ReplicationConfiguration"];
export type Rule = ReplicationConfiguration["Rules"][number];

export const replications = configuration<ReplicationConfiguration>("replication");
