// The chat page in two browsers, and what a third finds when one has gone.
import { test } from "vitest";
import { pageOf, shot, withExamples } from "./browser.js";

withExamples();

test("two pages talk: messages, reactions, edits, private ones, typing", async () => {
  const ana = await pageOf("chat/?name=ana", { colorScheme: "light" });
  const ben = await pageOf("chat/?name=ben", { colorScheme: "dark" });
  await ana.getByRole("button", { name: "ben", exact: true }).waitFor();
  await ana.fill("#say input", "helo ben");
  await ben.getByText("ana writing").waitFor();
  await ana.click("#say button");
  const message = ben.locator("#messages li", { hasText: "helo ben" });
  await message.hover();
  await message.getByRole("button", { name: "React with 👍" }).click();
  await ana.getByRole("button", { name: "1 reacted with 👍" }).waitFor();
  const own = ana.locator("#messages li", { hasText: "helo ben" });
  await own.hover();
  await own.getByRole("button", { name: "Edit" }).click();
  await ana.fill("#say input", "hello ben");
  await ana.click("#say button");
  await ben.getByText("hello ben").waitFor();
  await ben.getByText(", edited").waitFor();
  await ben.getByRole("button", { name: "ana", exact: true }).click();
  await ben.fill("#say input", "psst");
  await ben.click("#say button");
  await ana.locator("li.private", { hasText: "psst" }).waitFor();
  await ben.fill("#say input", "<b>not markup</b>");
  await ben.click("#say button");
  await ana.getByText("<b>not markup</b>").waitFor();
  await shot(ana, "chat-light");
  await shot(ben, "chat-dark");
  await ana.close(); // Her name stays with what she said.
  const phone = await pageOf("chat/?name=cy", { viewport: { width: 390, height: 844 } });
  await phone.locator("#messages li", { hasText: "ana" }).getByText("hello ben").waitFor();
  await shot(phone, "chat-phone");
});
