import { awsCli, type Finished, type Server } from "../harness.ts";

/** Runs the AWS CLI against one cloud. */
export interface Cli {
  /** Returns the standard output. @throws {Error} with the CLI's message if it fails */
  (...args: string[]): Promise<string>;
  /** Returns the output parsed as JSON; `undefined` if it is empty. */
  // biome-ignore lint/suspicious/noExplicitAny: a test says what it expects
  json(...args: string[]): Promise<any>;
  /** Returns the error message. @throws {Error} if the command succeeds */
  refused(...args: string[]): Promise<string>;
}

/**
 * @param folder the working directory
 * @param variables environment variables that override those of the default account's root user
 */
export function cli(server: Server, folder?: string, variables?: Record<string, string>): Cli {
  const aws = awsCli(server, folder, variables);
  const failure = (args: string[], { code, stdout, stderr }: Finished) =>
    new Error(`aws ${args.join(" ")} ended with ${code}: ${stderr || stdout}`);
  async function run(...args: string[]): Promise<string> {
    const finished = await aws(...args);
    if (finished.code !== 0 || finished.stderr !== "") throw failure(args, finished);
    return finished.stdout;
  }
  return Object.assign(run, {
    async json(...args: string[]) {
      const text = await run(...args, "--output", "json");
      return text === "" ? undefined : JSON.parse(text);
    },
    async refused(...args: string[]) {
      const finished = await aws(...args);
      if (finished.code === 0) throw failure(args, finished);
      return finished.stderr.trim();
    },
  });
}
