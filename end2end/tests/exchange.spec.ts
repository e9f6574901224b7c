/** How a seller is paid in a second currency, and what a pay-out that the bank returns leaves. */
import type { Page } from '@playwright/test';

import { expect, test } from '../fixtures/paydesk';
import { CARDS, buy, status } from '../fixtures/shopper';
import { fact, signIn } from '../fixtures/staff';

test.use({ needsFreshDemo: true, movesClock: true });

test('a seller exchanges, is paid in the second currency, and a returned pay-out is in the wallet again', async ({
  page,
  demo,
  look,
}) => {
  test.setTimeout(300_000);
  const signOut = () => page.getByRole('button', { name: 'Sign out' }).click();

  await test.step('two sellers have delivered what was bought', async () => {
    await buy(page, demo, CARDS.pays);
    await expect(status(page, 'Paid')).toBeVisible();
    await page.getByRole('link', { name: 'Return to Alpine Market' }).click();
    for (const seller of ['alpine-books', 'summit-gear']) {
      await page.getByRole('button', { name: `Delivered: ${seller}` }).click();
      await expect(page.getByRole('button', { name: `Delivered: ${seller}` })).toBeHidden();
    }
  });

  await signIn(page, demo.analyst);
  await page.goto('/console/sellers');
  const books = await pageOf(page, 'Alpine Books');
  const gear = await pageOf(page, 'Summit Gear');

  await test.step('euro are exchanged into dollars at a quote that was looked at', async () => {
    await page.goto(books);
    await page.getByRole('link', { name: 'Exchange between currencies' }).click();
    await look('exchange-empty');
    await ask(page, '30.00', 'EUR');
    await expect(page.getByText('Choose another currency than the one that is sold.')).toBeVisible();
    await expect(page.getByLabel('Amount to sell')).toHaveValue('30.00');
    await look('exchange-refused');
    await ask(page, '3000.00', 'USD');
    await expect(page.getByText('The seller has less than this available.')).toBeVisible();

    await ask(page, '30.00', 'USD');
    await expect(page.getByRole('heading', { name: 'Quote', exact: true })).toBeVisible();
    await expect(fact(page, 'Rate')).toHaveText('1 EUR = 1.08 USD');
    await expect(fact(page, 'Source')).toHaveText('Demo (made up)');
    await expect(fact(page, 'Bought')).toHaveText(/32\.24\s*USD/);
    await expect(fact(page, 'Good until')).toHaveText(/UTC/);
    await look('exchange-quote');
    // The pictures may have taken longer than the quote is good for.
    await ask(page, '30.00', 'USD');
    await page.getByRole('button', { name: /^Exchange 30\.00\s*EUR for 32\.24\s*USD$/ }).click();

    await expect(page.getByText('Exchanged. What was bought is available now.')).toBeVisible();
    const done = page.getByRole('table', { name: 'Exchanges' }).getByRole('row').nth(1);
    await expect(done).toContainText(/30\.00\s*EUR/);
    await expect(done).toContainText(/32\.24\s*USD/);
    await expect(done).toContainText('Ana Analyst');
    await look('exchange-done');
    await page.getByRole('link', { name: 'USD statement' }).click();
    await expect(page.getByRole('heading', { level: 1 })).toContainText('USD');
    await expect(page.getByRole('row', { name: /exchanged/ })).toContainText('32.24');
  });

  const dollars = await makePayout(page, books, '20.00', 'USD');
  const returned = await makePayout(page, gear, '20.00', 'EUR');
  const waiting = await makePayout(page, gear, '5.00', 'EUR');
  await signOut();

  await test.step('a second person approves both, and both are paid', async () => {
    await signIn(page, demo.approver);
    for (const payout of [dollars, returned]) {
      await page.goto(payout);
      await page.getByRole('button', { name: 'Approve' }).click();
    }
    for (const payout of [dollars, returned]) await reaches(page, payout, 'Paid');
    await page.goto(dollars);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(/20\.00\s*USD to Alpine Books/);
    await expect(page.getByRole('link', { name: /^Exchange / }).first()).toBeVisible();
    await look('payout-second-currency');
  });

  await test.step('days later the bank sends one of them back', async () => {
    await page.goto(demo.sandbox);
    await page.getByLabel('Advance by').fill('3d');
    await page.getByRole('button', { name: 'Advance', exact: true }).click();
    await reaches(page, returned, 'Returned');

    await expect(page.getByText(/The bank sent the money back\. 20\.00\s*EUR is in/)).toBeVisible();
    await expect(page.getByText('Ask the seller what is wrong with the account')).toBeVisible();
    await expect(fact(page, 'Why it was not paid')).toContainText('AC04');
    await look('payout-returned');
  });

  await test.step('the money is in the wallet again, and their other pay-out is held', async () => {
    await page.goto(waiting);
    await expect(fact(page, 'State')).toHaveText('Held');
    await page.getByRole('link', { name: 'another pay-out to them' }).click();
    await expect(page).toHaveURL(returned);

    await page.goto(gear);
    await expect(page.getByText('Another pay-out is held because of it.')).toBeVisible();
    const wallet = page.getByRole('table', { name: 'Wallet' }).getByRole('row').nth(1);
    await expect(wallet).toContainText('41.17');
    await look('seller-setback');
    await page.getByRole('link', { name: 'The pay-out that came back' }).click();
    await expect(page).toHaveURL(returned);
  });

  await test.step('the history of a wallet and what we earned of it add up', async () => {
    await page.goto(books);
    await page.getByRole('link', { name: 'History by month' }).click();
    const dollarsByMonth = page.getByRole('table', { name: 'Movements in USD by month' });
    const thisMonth = dollarsByMonth.getByRole('row').last();
    for (const figure of ['32.24', '20.00', '12.24']) await expect(thisMonth).toContainText(figure);
    await look('seller-history');

    await page.goto('/console/ledger');
    await page.getByRole('link', { name: 'What was earned, by month and by day' }).click();
    // 30.00 EUR were worth 32.40 USD.
    await expect(page.getByRole('table', { name: 'Revenue in USD' })).toContainText('0.16');
    await look('revenue');
    await page.getByLabel('By').selectOption('day');
    await page.getByLabel('To', { exact: true }).fill('2020-01-01');
    await page.getByRole('button', { name: 'Show' }).click();
    await expect(page.getByText('The last day is before the first.')).toBeVisible();
    await look('revenue-refused');
  });
});

/** The address of a seller's page, from the list. */
async function pageOf(page: Page, seller: string): Promise<string> {
  const address = await page.getByRole('link', { name: seller }).first().getAttribute('href');
  if (!address) throw new Error(`${seller} has no page`);
  return address;
}

/** Asks for a quote of euro. */
async function ask(page: Page, amount: string, currency: string): Promise<void> {
  await page.getByLabel('Amount to sell').fill(amount);
  await page.getByLabel('Sell', { exact: true }).selectOption('EUR');
  await page.getByLabel('Buy', { exact: true }).selectOption(currency);
  await page.getByRole('button', { name: 'Ask for a quote' }).click();
}

/** Makes a pay-out on a seller's page; answers with its address. */
async function makePayout(page: Page, seller: string, amount: string, currency: string): Promise<string> {
  await page.goto(seller);
  await page.getByLabel('Amount').fill(amount);
  await page.getByLabel('Currency').selectOption(currency);
  await page.getByRole('button', { name: 'Preview what it does' }).click();
  await page.getByRole('button', { name: 'Make the pay-out' }).click();
  await expect(fact(page, 'State')).toHaveText('Draft');
  return page.url().replace(/\?.*$/, '');
}

/** Waits until a pay-out is in a state. */
async function reaches(page: Page, payout: string, state: string): Promise<void> {
  await expect(async () => {
    await page.goto(payout);
    await expect(fact(page, 'State')).toHaveText(state, { timeout: 1_000 });
  }).toPass({ timeout: 90_000 });
}
