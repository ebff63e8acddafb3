// AWS's SDK for JavaScript, driven by test_aws_sdk.py: node aws_sdk.js FOLDER-OF-PACKAGES < {endpoint, calls}.
// A call is {operation, input} or, through the SDK's paginator, {pages, input}. Prints a list of outcomes.
const { createRequire } = require("node:module");
const sdk = createRequire(process.argv[2] + "/")("@aws-sdk/client-directory-service");

async function perform(client, { operation, pages, input }) {
  try {
    if (operation) return { answer: await client.send(new sdk[operation + "Command"](input)) };
    const found = [];
    for await (const page of sdk["paginate" + pages]({ client, pageSize: 1 }, input)) found.push(page);
    return { pages: found };
  } catch (e) {
    // An error that the SDK knows is of a class of its own.
    return { error: e.name, known: e.constructor.name === e.name, message: e.message, status: e.$metadata?.httpStatusCode };
  }
}

async function main() {
  let text = "";
  for await (const piece of process.stdin) text += piece;
  const { endpoint, calls } = JSON.parse(text);
  const client = new sdk.DirectoryServiceClient({ endpoint, region: "eu-central-1", maxAttempts: 1 });
  const outcomes = [];
  for (const call of calls) outcomes.push(await perform(client, call));
  const operations = Object.keys(sdk).filter((k) => k.endsWith("Command") && k !== "$Command").map((k) => k.slice(0, -7));
  console.log(JSON.stringify({ operations, outcomes }));
}

main();
