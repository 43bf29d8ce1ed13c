using OrleansZk.Core.Replication;

namespace OrleansZk.Unit.Ensemble;

/// <summary>Who waits for a transaction hears of it, or gives up and is forgotten.</summary>
public sealed class ZxidWaitersTests
{
    private readonly ZxidWaiters _waiters = new();

    [Fact]
    public async Task Each_is_released_when_its_zxid_is_reached()
    {
        Task five = _waiters.WaitAsync(5, CancellationToken.None);
        Task three = _waiters.WaitAsync(3, CancellationToken.None);
        _waiters.Release(4);
        await three;
        five.IsCompleted.ShouldBeFalse();
        _waiters.Release(5);
        await five;
    }

    [Fact]
    public async Task One_that_gives_up_is_forgotten_and_the_others_are_not()
    {
        using var patience = new CancellationTokenSource();
        Task never = _waiters.WaitAsync(long.MaxValue, patience.Token);
        Task other = _waiters.WaitAsync(7, CancellationToken.None);
        await patience.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(never);
        _waiters.Count.ShouldBe(1);
        _waiters.Release(7);
        await other;
        _waiters.Count.ShouldBe(0);
    }
}
