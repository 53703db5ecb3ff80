// Vercel AI SDK (Cherry Studio is built on it): pictures, edits and chat through its openai-compatible provider.

import fs from "node:fs";
import path from "node:path";

import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { generateImage, generateText, streamText } from "ai";

import { report } from "./reporting.mjs";

const provider = createOpenAICompatible({
  name: "jimeng",
  baseURL: process.env.OPENAI_BASE_URL,
  apiKey: process.env.OPENAI_API_KEY,
  includeUsage: true,
});

async function picture() {
  const { images } = await generateImage({
    model: provider.imageModel("jimeng-4.5"), prompt: "vercel two", n: 2, size: "1024x1024", maxRetries: 0,
  });
  return images.map((image) => ({ bytes: image.uint8Array.length, kind: image.mediaType }));
}

async function edit() {
  const cat = fs.readFileSync(path.join(process.env.PICTURES, "cat.png"));
  const { images } = await generateImage({
    model: provider.imageModel("jimeng-4.5"), prompt: { text: "vercel edit", images: [cat] }, maxRetries: 0,
  });
  return images.map((image) => ({ bytes: image.uint8Array.length, kind: image.mediaType }));
}

async function chat() {
  const { text, finishReason } = await generateText({
    model: provider.chatModel("jimeng-4.5"), prompt: "vercel chat", maxRetries: 0,
  });
  return { text, finishReason };
}

async function chatStream() {
  const result = streamText({ model: provider.chatModel("jimeng-4.5"), prompt: "vercel stream", maxRetries: 0 });
  let text = "";
  for await (const part of result.textStream) text += part;
  return { text, reasoning: await result.reasoningText ?? "", finishReason: await result.finishReason };
}

await report([picture, edit, chat, chatStream]);
