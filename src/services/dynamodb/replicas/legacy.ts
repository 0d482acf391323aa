import { faultsOf, type Handlers } from "#kernel/service.ts";
import { invalid, invalidParameters } from "../errors.ts";

const fault = faultsOf<"dynamodb">();
const noSuchGlobalTable = (name: string, prefix = "") =>
  fault("GlobalTableNotFoundException", `${prefix}Global table with name: '${name}' does not exist.`);
const oldVersion = () =>
  invalidParameters(
    "DynamoDB global tables version 2017.11.29 is not supported. We recommend using DynamoDB global tables version 2019.11.21, instead of version 2017.11.29 (Legacy).",
  );

/**
 * The operations for global tables of version 2017.11.29. AWS does not allow new ones, so none exist.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_versions.html
 */
export const legacyOperations = {
  async CreateGlobalTable() {
    throw oldVersion();
  },

  async DescribeGlobalTable(_, { GlobalTableName }) {
    throw noSuchGlobalTable(GlobalTableName, "Global table not found: ");
  },

  async ListGlobalTables() {
    return { GlobalTables: [] };
  },

  async UpdateGlobalTable(_, { GlobalTableName, ReplicaUpdates }) {
    if (ReplicaUpdates.length === 0 || ReplicaUpdates.some(({ Create, Delete }) => !Create && !Delete))
      throw invalid("One or more parameter values were invalid");
    if (ReplicaUpdates.some(({ Create }) => Create)) throw oldVersion();
    throw noSuchGlobalTable(GlobalTableName);
  },

  async DescribeGlobalTableSettings(_, { GlobalTableName }) {
    throw noSuchGlobalTable(GlobalTableName);
  },

  async UpdateGlobalTableSettings(_, { GlobalTableName }) {
    throw noSuchGlobalTable(GlobalTableName);
  },
} satisfies Handlers<"dynamodb">;
