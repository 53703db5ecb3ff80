// openai-node: what it reads from the gateway's answers, scenario by scenario.

import fs from "node:fs";
import path from "node:path";

import OpenAI, { APIError, toFile } from "openai";
import { VERSION } from "openai/version";

import { report } from "./reporting.mjs";

const folder = process.env.PICTURES;
const client = new OpenAI({ maxRetries: 0, timeout: 60_000 });
const picture = (name) => fs.createReadStream(path.join(folder, name));

async function kindOf(url) {
  return (await fetch(url)).headers.get("content-type");
}

async function refusalOf(call) {
  try {
    await call();
  } catch (error) {
    if (error instanceof APIError) {
      const { status, code, param, requestID } = error;
      return { class: error.constructor.name, status, code, param, requestID };
    }
    throw error;
  }
  return { class: "none" };
}

async function models() {
  const names = [];
  for await (const model of client.models.list()) names.push(model.id);
  return { version: VERSION, names };
}

async function generate() {
  const answer = await client.images.generate({ model: "jimeng-4.5", prompt: "node two", n: 2, size: "1536x1024" });
  return { kinds: await Promise.all(answer.data.map((item) => kindOf(item.url))), usage: answer.usage.total_tokens };
}

async function generateStream() {
  const events = await client.images.generate({
    model: "jimeng-4.5", prompt: "node stream", n: 2, stream: true, partial_images: 2, size: "1024x1024",
  });
  const seen = [];
  for await (const event of events) seen.push({ type: event.type, bytes: event.b64_json.length });
  return seen;
}

async function editTwo() {
  const image = [
    await toFile(picture("cat.png"), null, { type: "image/png" }),
    await toFile(picture("hat.png"), null, { type: "image/png" }),
  ];
  const answer = await client.images.edit({ model: "gpt-image-1", image, prompt: "node edit two" });
  return { bytes: Buffer.from(answer.data[0].b64_json, "base64").length, url: answer.data[0].url ?? null };
}

async function variation() {
  const answer = await client.images.createVariation({ model: "jimeng-4.5", image: picture("cat.png") });
  return kindOf(answer.data[0].url);
}

async function video() {
  let video = await client.videos.create({
    model: "jimeng-video-3.0", prompt: "node video", seconds: "5", size: "1280x720", input_reference: picture("first.png"),
  });
  while (video.status === "queued" || video.status === "in_progress") {
    const { data, response } = await client.videos.retrieve(video.id).withResponse();
    video = data;
    await new Promise((resolve) => setTimeout(resolve, Number(response.headers.get("openai-poll-after-ms") ?? 0)));
  }
  const content = await client.videos.downloadContent(video.id);
  const bytes = Buffer.from(await content.arrayBuffer());
  return { video, kind: content.headers.get("content-type"), isMp4: bytes.subarray(4, 8).toString() === "ftyp" };
}

async function videosListedAndDeleted() {
  const own = client.withOptions({ apiKey: process.env.OTHER_KEY });
  const made = [];
  for (const number of [1, 2, 3]) {
    made.push((await own.videos.create({ model: "jimeng-video-3.0", prompt: `node listed ${number}` })).id);
  }
  const deleted = await own.videos.delete(made[0]);
  const left = [];
  for await (const each of own.videos.list({ limit: 1 })) left.push(each.id);
  return { made, deleted, left };
}

async function chat() {
  const messages = [{ role: "user", content: "node chat" }];
  return (await client.chat.completions.create({ model: "jimeng-4.5", messages })).choices[0];
}

async function chatStream() {
  const messages = [{ role: "user", content: "node chat stream" }];
  const chunks = [];
  const options = { model: "jimeng-4.5", messages, stream: true, stream_options: { include_usage: true } };
  for await (const chunk of await client.chat.completions.create(options)) chunks.push(chunk);
  return chunks;
}

async function chatCollected() {
  const messages = [{ role: "user", content: "node chat collected" }];
  const runner = client.chat.completions.stream({ model: "jimeng-4.5", messages });
  return (await runner.finalChatCompletion()).choices[0];
}

async function wrongKey() {
  return refusalOf(() => client.withOptions({ apiKey: "jm-wrong" }).models.list());
}

async function unknownModel() {
  return refusalOf(() => client.images.generate({ model: "no-such-model", prompt: "a cat" }));
}

async function badValue() {
  return refusalOf(() => client.images.generate({ model: "jimeng-4.5", prompt: "a cat", n: 11 }));
}

async function refusedInAStream() {
  const guest = client.withOptions({ apiKey: process.env.FILTERED });
  const messages = [{ role: "user", content: "node filtered" }];
  return refusalOf(async () => {
    for await (const _ of await guest.chat.completions.create({ model: "jimeng-4.5", messages, stream: true }));
  });
}

async function retryAfterATimeOut() {
  const slow = client.withOptions({ maxRetries: 6, timeout: 400 });
  return (await slow.images.generate({ model: "jimeng-4.5", prompt: "node impatient", size: "1024x1024" })).jimeng;
}

await report([
  models, generate, generateStream, editTwo, variation, video, videosListedAndDeleted,
  chat, chatStream, chatCollected, wrongKey, unknownModel, badValue, refusedInAStream, retryAfterATimeOut,
]);
