// Scenarios of a client, run side by side; their facts, or traces, go out as one line of JSON.

export async function report(scenarios) {
  const settled = await Promise.allSettled(scenarios.map((scenario) => scenario()));
  const told = {};
  settled.forEach((end, position) => {
    const name = scenarios[position].name;
    told[name] = end.status === "fulfilled" ? { facts: end.value } : { raised: String(end.reason?.stack ?? end.reason) };
  });
  process.stdout.write(JSON.stringify(told) + "\n");
}
