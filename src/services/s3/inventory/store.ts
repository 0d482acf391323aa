import type { InventoryConfiguration } from "#aws/contract/types/s3.ts";
import { configuration } from "../buckets/configurations.ts";

export interface Inventory {
  document: InventoryConfiguration;
  /** The number of the job that makes its reports. Another job ends when it sees this. */
  generation: number;
}

export const inventories = configuration<Inventory>("inventory");
