-- kinds.sql: words of the log as numbers: a tenth of the memory of text while events are made.
create type event as enum (
    'search', 'filter', 'wishlist', 'cart', 'product_view', 'impression', 'review_read',
    'creator_follow', 'creator_watch', 'purchase', 'refund'
);
create type platform as enum ('app', 'mobile_web', 'desktop');
create type who as enum ('shopper', 'visitor', 'bot');
