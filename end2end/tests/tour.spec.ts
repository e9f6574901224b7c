/** The README's tour: one sale, from the basket to books that balance. */
import { expect, test } from '../fixtures/paydesk';
import { CARDS, checkOut, enterCard, payButton, status } from '../fixtures/shopper';
import { closeDay, fact, figure, preview, signIn, takeIn } from '../fixtures/staff';

test.use({ needsFreshDemo: true });

test('the tour leads from a basket to books that balance', async ({ page, demo, look, javaScriptEnabled }) => {
  test.setTimeout(240_000);
  let order = '';

  await test.step('a basket of two sellers goes to the checkout', async () => {
    await page.goto(demo.shop);
    await look('shop');

    await checkOut(page, demo);

    const orderOf = (seller: string) =>
      page.getByRole('article').filter({ has: page.getByRole('heading', { name: seller }) });
    await expect(orderOf('Alpine Books')).toContainText('Trail atlas');
    await expect(orderOf('Alpine Books')).toContainText('€34.90');
    await expect(orderOf('Summit Gear')).toContainText('Camping stove');
    await expect(orderOf('Summit Gear')).toContainText('€49.99');
    await expect(payButton(page)).toHaveText('Pay €84.89');
    order = (await page.getByText(/^Order ALP-/).first().innerText()).replace('Order ', '');
    await look('checkout');
  });

  await test.step('the card is entered on the processor’s page and confirmed', async () => {
    await payButton(page).click();
    await expect(page.getByRole('heading', { name: 'Pay 84.89 EUR' })).toBeVisible();
    expect(page.url()).toContain(demo.sandbox);
    await look('processor-page');

    await enterCard(page, CARDS.wantsConfirmation);
    await expect(page.getByRole('heading', { name: 'Confirm your payment' })).toBeVisible();
    await look('processor-challenge');
    await page.getByRole('button', { name: 'Complete' }).click();
  });

  await test.step('the status page says that both sellers are paid', async () => {
    await expect(status(page, 'Paid')).toBeVisible();
    const sellers = page.getByRole('main').getByRole('listitem');
    await expect(sellers.filter({ hasText: 'Alpine Books' })).toContainText('Paid');
    await expect(sellers.filter({ hasText: 'Summit Gear' })).toContainText('Paid');
    // An island: it is there where scripts run, and nobody misses it where they do not.
    const copy = page.getByRole('button', { name: 'Copy the support code' });
    await expect(copy).toBeVisible({ visible: javaScriptEnabled !== false });
    await look('status-paid');
  });

  await test.step('the shop knows it, by webhooks that it could verify', async () => {
    await page.getByRole('link', { name: 'Return to Alpine Market' }).click();
    await expect(page.getByRole('heading', { name: 'Thank you' })).toBeVisible();
    await look('shop-order');

    await page.getByRole('link', { name: 'Webhooks' }).click();
    await expect(async () => {
      await page.reload();
      for (const seller of ['alpine-books', 'summit-gear']) {
        const captured = page.getByRole('row', { name: `payment.captured ${order}-${seller}` });
        await expect(captured).toContainText('verified', { timeout: 500 });
      }
    }).toPass();
    await look('shop-webhooks');
  });

  const file = await test.step('the processor closes the day, with one fee too high', async () => {
    await page.goto(demo.sandbox);
    await look('processor-dashboard');
    return closeDay(page, demo, { faults: ['One fee is 1.00 too high'] });
  });

  await test.step('an analyst takes the file in', async () => {
    await page.goto('/console');
    await expect(page.getByRole('heading', { name: 'Sign in to the console' })).toBeVisible();
    await look('sign-in');
    await signIn(page, demo.analyst);
    await expect(page.getByRole('heading', { name: 'Overview' })).toBeVisible();

    await page.getByRole('link', { name: 'Settlement files' }).first().click();
    await expect(page.getByText('No settlement file yet')).toBeVisible();
    await look('files-empty');
    await takeIn(page, file);

    await expect(page.getByText('The file was taken in and compared with the books.')).toBeVisible();
    await expect(figure(page, 'Agree')).toHaveText('1');
    await expect(figure(page, 'Differ')).toHaveText('1');
    await expect(figure(page, 'Missing')).toHaveText('0');
    await look('file-report');
  });

  await test.step('the books hold the difference on suspense until somebody decides', async () => {
    await page.getByRole('link', { name: 'Trial balance' }).click();
    await expect(page.getByRole('row', { name: /^Suspense/ })).toContainText('1.00');
    await expect(page.getByText('Debits equal credits')).toBeVisible();
    await look('trial-balance-before');
  });

  await test.step('the difference waits in the queue, with both sides beside each other', async () => {
    await page.getByRole('link', { name: 'Overview' }).click();
    await look('overview');
    await page.getByRole('navigation', { name: 'Console' }).getByRole('link', { name: 'Mismatches' }).click();
    const row = page.getByRole('row', { name: /Fee differs/ });
    await expect(row).toContainText('1.00 EUR');
    await look('mismatches');

    await row.getByRole('link', { name: 'Fee differs' }).click();
    const both = page.getByRole('table', { name: 'Ours and theirs' });
    const fee = both.getByRole('row').filter({ hasText: 'differs' }).first();
    await expect(fee).toContainText(/(0\.74|0\.95)/);
    await expect(fee).toContainText(/(1\.74|1\.95)/);
    await look('mismatch');
  });

  await test.step('it is resolved, with a posting that was seen before and a reason', async () => {
    await page.getByRole('button', { name: 'Take it on' }).click();
    await expect(page.getByText('You have taken this mismatch on.')).toBeVisible();

    await preview(page, 'Accept the fee');
    const posting = page.getByRole('table', { name: 'What it posts' });
    await expect(posting.getByRole('row', { name: /Processor fees/ })).toContainText('1.00');
    await expect(posting.getByRole('row', { name: /Suspense/ })).toContainText('1.00');
    await look('mismatch-preview');

    await page.getByLabel('Reason').fill('Agreed with the processor by telephone');
    await page.getByRole('button', { name: 'Resolve', exact: true }).click();
    await expect(page.getByText('Resolved. The books have changed as previewed.')).toBeVisible();
    await expect(fact(page, 'State')).toHaveText('Resolved');
    await look('mismatch-resolved');
  });

  await test.step('the payment tells the whole story', async () => {
    await fact(page, 'Payment').getByRole('link').click();
    await expect(page.getByRole('heading', { name: /^Payment ALP-/ })).toBeVisible();
    await expect(fact(page, 'Status')).toHaveText('Settled');
    const story = page.getByRole('region', { name: 'What happened' });
    for (const kind of ['State', 'Asked the processor', 'Processor’s message', 'Posting', 'Settlement line']) {
      await expect(story.getByText(kind, { exact: true }).first()).toBeVisible();
    }
    await look('payment');

    await page.getByRole('link', { name: 'Payments', exact: true }).first().click();
    await expect(page.getByRole('row', { name: new RegExp(order) })).toHaveCount(2);
    await look('payments');
  });

  await test.step('nothing waits, and the books balance', async () => {
    await page.getByRole('link', { name: 'Mismatches' }).click();
    await expect(page.getByText('Nothing waits')).toBeVisible();
    await look('mismatches-empty');

    await page.getByRole('link', { name: 'Trial balance' }).click();
    await expect(page.getByText('Debits equal credits')).toBeVisible();
    await expect(page.getByRole('row', { name: /^Suspense/ }).filter({ hasText: /\d/ })).toHaveCount(0);
    await look('trial-balance');
  });
});
