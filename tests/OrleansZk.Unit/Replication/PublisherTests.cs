using OrleansZk.Core.Replication;

namespace OrleansZk.Unit.Replication;

public sealed class PublisherTests
{
    private readonly ManualScheduler _scheduler = new();
    private readonly Follower _follower = new();
    private readonly Progress _progress = new("applying", TimeProvider.System);
    private readonly List<Exception> _failures = [];
    private readonly Publisher _publisher;
    private int _idle;

    public PublisherTests()
    {
        _publisher = new Publisher(_follower, _scheduler, _progress, () => { }, _failures.Add);
    }

    [Fact]
    public void Who_waits_for_the_end_hears_of_it_behind_the_last_group()
    {
        _publisher.Publish(new OpenGroup(), elsewhere: true);
        _publisher.Publish(new OpenGroup(), elsewhere: true);
        _publisher.WhenIdle(() => _idle += _follower.Delivered);
        _idle.ShouldBe(0);

        _scheduler.Run();

        _idle.ShouldBe(2);
    }

    [Fact]
    public void A_delivery_that_fails_leaves_nobody_waiting_for_the_end()
    {
        _follower.Fails = true;
        _publisher.Publish(new OpenGroup(), elsewhere: true);
        _publisher.WhenIdle(() => _idle++);

        _scheduler.Run();

        _failures.ShouldHaveSingleItem().ShouldBeOfType<InvalidOperationException>();
        _idle.ShouldBe(1);
        _publisher.WhenIdle(() => _idle++);
        _idle.ShouldBe(2);
    }

    [Fact]
    public void Nothing_follows_what_could_not_be_delivered()
    {
        _follower.Fails = true;
        _publisher.Publish(new OpenGroup(), elsewhere: true);
        _publisher.Publish(new OpenGroup(), elsewhere: true);
        _scheduler.Run();

        _follower.Fails = false;
        _publisher.Publish(new OpenGroup(), elsewhere: true);
        _scheduler.Run();

        _follower.Delivered.ShouldBe(0);
    }

    private sealed class Follower : IFollower
    {
        public bool Fails { get; set; }

        public int Delivered { get; private set; }

        public void Deliver(Span<Sequenced> group)
        {
            if (Fails)
            {
                throw new InvalidOperationException("it does not fit");
            }

            Delivered++;
        }
    }
}
