/** People at the door: they sign up, read their mail, and sign in. */

/** The newest mail to an address, once it has come. */
export async function mailTo(mailbox, to, subject = /./) {
  for (let attempt = 0; attempt < 100; attempt++) {
    const found = mailbox.mails.find((mail) => mail.to === to && subject.test(mail.subject));
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  throw new Error(`No mail to ${to} with ${subject} came. There are: ${mailbox.mails.map(({ subject: s }) => s)}`);
}

/** An address and a password that nobody has yet. */
export const newPerson = (name = "Ana Novak") => ({
  name,
  email: `${name.split(" ")[0].toLowerCase()}-${crypto.randomUUID().slice(0, 8)}@company.example`,
  password: `correct horse ${crypto.randomUUID().slice(0, 8)}`,
});

/**
 * Fills the form of sign-up in, takes the link out of the mail, opens it and confirms: the person is signed in afterwards.
 *
 * @param {import("playwright-core").Page} page
 * @param {{ origin: string, mailbox: object, person?: ReturnType<typeof newPerson> }} options
 */
export async function signUp(page, { origin, mailbox, person = newPerson() }) {
  await page.goto(`${origin}/dashboard/sign-up`);
  await page.fill("input[name=name]", person.name);
  await page.fill("input[name=email]", person.email);
  await page.fill("input[name=password]", person.password);
  await submit(page, "main form");
  const { link } = await mailTo(mailbox, person.email);
  if (!link?.startsWith(`${origin}/dashboard/verify?`))
    throw new Error(`The link of the mail leads elsewhere: ${link}`);
  await page.goto(link);
  // Opening the link alone changes nothing: programs that look at mail open links too.
  await submit(page, "main form");
  return person;
}

export async function signIn(page, { origin, person }) {
  await page.goto(`${origin}/dashboard/sign-in`);
  await page.fill("input[name=email]", person.email);
  await page.fill("input[name=password]", person.password);
  await submit(page, "main form");
}

/** Presses the button of a form that posts, and waits for the page that follows. */
export async function submit(page, form, button = "button[type=submit]") {
  await Promise.all([page.waitForEvent("framenavigated"), page.locator(`${form} ${button}`).first().click()]);
  await page.waitForLoadState("load");
}
