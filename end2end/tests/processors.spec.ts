/** Processors: staff see which are called and where payments go, and decide otherwise for a while. */
import { expect, test } from '../fixtures/paydesk';
import { TWO_SELLERS, CARDS, buy, status } from '../fixtures/shopper';
import { signIn } from '../fixtures/staff';

test('staff see which processors are called, and have one left alone for a while', async ({ page, demo, look }) => {
  await signIn(page, demo.analyst);
  await page.getByRole('link', { name: 'Processors', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Processors' })).toBeVisible();
  await look('processors');

  // The dearer one, which carries nothing while the other is up.
  await page.getByRole('link', { name: 'alpine-market-south' }).click();
  await expect(page.getByText('5 failures in a row')).toBeVisible();
  await page.getByLabel('Reason').fill('The processor announced a night of work.');
  await page.getByRole('button', { name: 'Decide' }).click();

  await expect(page.getByText('Decided. It ends by itself when its time is over.')).toBeVisible();
  await expect(page.getByText('Ends by itself', { exact: true })).toBeVisible();
  await look('processor-forced');

  await page.getByLabel('What to do').selectOption('Let its calls decide again');
  await page.getByLabel('Reason').fill('The work is done.');
  await page.getByRole('button', { name: 'Decide' }).click();
  await expect(page.getByText('Its calls decide again.', { exact: true })).toBeVisible();
  await expect(page.getByText('Ends by itself', { exact: true })).toBeHidden();
});

test('a payment says why it went to its processor', async ({ page, demo }) => {
  await buy(page, demo, CARDS.isDeclined, TWO_SELLERS);
  await expect(status(page, 'Payment declined')).toBeVisible();

  await signIn(page, demo.analyst);
  await page.getByRole('link', { name: 'Payments', exact: true }).click();
  await page.getByRole('table').getByRole('link').first().click();

  await expect(page.getByText(/Routed to alpine-market because it costs .* and the next, alpine-market-south,/)).toBeVisible();
});
