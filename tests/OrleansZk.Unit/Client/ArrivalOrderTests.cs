using OrleansZk.Client;

namespace OrleansZk.Unit.Client;

/// <summary>Batches begin in the order of their numbers.</summary>
public sealed class ArrivalOrderTests
{
    private readonly ArrivalOrder _order = new();

    [Fact]
    public async Task The_first_begins_at_once_and_the_next_when_it_is_done()
    {
        (await _order.WaitAsync(1)).ShouldBeTrue();
        Task<bool> next = _order.WaitAsync(4).AsTask();
        next.IsCompleted.ShouldBeFalse();
        _order.Done(3);
        (await next).ShouldBeTrue();
        _order.Done(1);
        (await _order.WaitAsync(5)).ShouldBeTrue();
    }

    [Fact]
    public async Task One_that_was_there_already_does_not_begin_again()
    {
        (await _order.WaitAsync(1)).ShouldBeTrue();
        _order.Done(1);
        (await _order.WaitAsync(1)).ShouldBeFalse();
        Task<bool> early = _order.WaitAsync(3).AsTask();
        (await _order.WaitAsync(3)).ShouldBeFalse();
        early.IsCompleted.ShouldBeFalse();
    }

    [Fact]
    public async Task Nobody_waits_for_a_turn_that_never_comes()
    {
        Task<bool> early = _order.WaitAsync(2).AsTask();
        _order.Close();
        (await early).ShouldBeFalse();
        (await _order.WaitAsync(1)).ShouldBeFalse();
    }
}
