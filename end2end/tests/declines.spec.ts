/** What goes wrong for a shopper: each time it says so, charges nothing twice, and leads on. */
import { expect, test } from '../fixtures/paydesk';
import { CARDS, TWO_SELLERS, buy, checkOut, enterCard, payButton, status } from '../fixtures/shopper';

test('a declined card is said in clear words, and another card pays', async ({ page, demo, look }) => {
  await buy(page, demo, CARDS.isDeclined);
  await expect(status(page, 'Payment declined')).toBeVisible();
  await expect(page.getByText('Nothing was charged.')).toBeVisible();
  await look('status-declined');

  await page.getByRole('link', { name: 'Try again' }).click();
  await payButton(page).click();
  await enterCard(page, CARDS.pays);

  await expect(status(page, 'Paid')).toBeVisible();
});

test('a mistyped card number is refused beside its field', async ({ page, demo, look }) => {
  await checkOut(page, demo);
  await payButton(page).click();

  await enterCard(page, '4242 4242 4242 4241');

  const number = page.getByLabel('Card number');
  await expect(number).toHaveAccessibleDescription('This card number is not valid. Check the digits.');
  await expect(number).toHaveAttribute('aria-invalid', 'true');
  await look('processor-page-refused');
});

test('a shopper who turns back on the processor’s page has not paid and can go on', async ({ page, demo, look }) => {
  await checkOut(page, demo);
  await payButton(page).click();
  await page.getByRole('button', { name: 'Cancel and go back' }).click();
  await expect(status(page, 'Not paid yet')).toBeVisible();
  await look('status-not-paid');

  await page.getByRole('link', { name: 'Go to the checkout' }).click();
  await payButton(page).click();
  await enterCard(page, CARDS.pays);

  await expect(status(page, 'Paid')).toBeVisible();
});

test('a double click on pay registers the checkout once', async ({ page, demo }) => {
  await checkOut(page, demo);
  const checkout = page.url();

  await payButton(page).dblclick();

  await expect(page.getByRole('heading', { name: 'Pay 84.89 EUR' })).toBeVisible();
  const first = page.url();
  await page.goto(checkout);
  await payButton(page).click();
  await expect(page.getByRole('heading', { name: 'Pay 84.89 EUR' })).toBeVisible();
  expect(page.url()).toBe(first);
});

test('two tabs that pay at once lead to one page of the processor, which charges once', async ({ page, context, demo, look }) => {
  await checkOut(page, demo, { 'Mountain poems': 2 });
  const other = await context.newPage();
  await other.goto(page.url());
  const third = await context.newPage();
  await third.goto(page.url());

  await Promise.all([payButton(page).click(), payButton(other).click()]);
  await expect(page).toHaveURL(/\/pay\/reg_/);
  await expect(other).toHaveURL(page.url());
  await enterCard(page, CARDS.pays);
  await expect(status(page, 'Paid')).toBeVisible();
  await enterCard(other, CARDS.pays);
  await payButton(third).click();

  await expect(status(other, 'Paid')).toBeVisible();
  await expect(third.getByText('This checkout is already paid. You were not charged again.')).toBeVisible();
  await expect(payButton(third)).toHaveCount(0);
  await look('checkout-already-paid', third);
  await third.goto(demo.sandbox);
  await expect(third.getByRole('row').filter({ hasText: '30.00 EUR' })).toHaveCount(1);
});

test('the back button after paying leads to no second payment', async ({ page, demo }) => {
  await checkOut(page, demo, TWO_SELLERS);
  const checkout = page.url();
  await payButton(page).click();
  await enterCard(page, CARDS.pays);
  await expect(status(page, 'Paid')).toBeVisible();

  await page.goBack();
  await expect(status(page, 'Paid')).toBeVisible();

  await page.goto(checkout);
  await expect(page.getByText('Already paid')).toBeVisible();
  await expect(payButton(page)).toHaveCount(0);
});

test('a checkout that was open for too long can no longer be paid', { tag: '@once' }, async ({ page, context, demo, request, look }) => {
  test.setTimeout(150_000);
  const answer = await request.post('/v1/payments', {
    headers: { authorization: `Bearer ${demo.apiKey}`, 'idempotency-key': crypto.randomUUID() },
    data: {
      checkout_id: `late-${crypto.randomUUID()}`,
      // The shortest time that a shop can give.
      expires_in_seconds: 60,
      payment_orders: [
        { payment_order_id: crypto.randomUUID(), seller_account: 'alpine-books', amount: '12.00', currency: 'EUR' },
      ],
    },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  const { checkout_url: checkout } = (await answer.json()) as { checkout_url: string };
  const early = await context.newPage();
  await early.goto(checkout);
  await expect(payButton(early)).toBeVisible();

  await expect(async () => {
    await page.goto(checkout);
    await expect(page.getByText('Expired', { exact: true })).toBeVisible({ timeout: 500 });
  }).toPass({ timeout: 90_000, intervals: [2_000] });

  await expect(payButton(page)).toHaveCount(0);
  await look('checkout-expired');
  await payButton(early).click();
  await expect(early.getByText('This checkout has expired.')).toBeVisible();
  await expect(early.getByText('Nothing was charged.').first()).toBeVisible();
});

test('a checkout with a wrong key is not there', async ({ page, demo, look }) => {
  await checkOut(page, demo);
  const right = page.url();

  for (const wrong of [`${right}x`, right.replace('/checkout/', '/status/').slice(0, -4) + 'aaaa']) {
    const answer = await page.goto(wrong);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole('heading', { name: 'We could not find that' })).toBeVisible();
  }
  await look('not-found');
});
