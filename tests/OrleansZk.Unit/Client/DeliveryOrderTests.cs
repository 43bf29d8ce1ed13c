using OrleansZk.Client;

namespace OrleansZk.Unit.Client;

/// <summary>Answers and events that come by several ways are passed on once, and in order.</summary>
public sealed class DeliveryOrderTests
{
    private readonly DeliveryOrder<string> _order = new();

    [Fact]
    public void What_is_early_waits_for_what_comes_before()
    {
        _order.Add(3, "c");
        _order.Add(2, "b");
        Take().ShouldBeEmpty();
        _order.Add(1, "a");
        Take().ShouldBe(["a", "b", "c"]);
        _order.Last.ShouldBe(3);
    }

    [Fact]
    public void What_comes_twice_is_passed_on_once()
    {
        _order.Add(1, "a");
        _order.Add(1, "again");
        Take().ShouldBe(["a"]);
        _order.Add(1, "late");
        _order.Add(2, "b");
        Take().ShouldBe(["b"]);
    }

    [Fact]
    public void Another_attachment_begins_at_one_and_gives_back_what_waited()
    {
        _order.Add(1, "a");
        Take();
        _order.Add(5, "early");
        _order.Begin().ShouldBe(["early"]);
        _order.Last.ShouldBe(0);
        _order.Add(1, "new");
        Take().ShouldBe(["new"]);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Any_order_of_arrival_gives_the_one_order(int seed)
    {
        var random = new Random(seed);
        var passedOn = new List<string>();
        int[] numbers = [.. Enumerable.Range(1, 200), .. Enumerable.Range(1, 200)];
        random.Shuffle(numbers);
        foreach (int number in numbers)
        {
            _order.Add(number, $"{number}");
            passedOn.AddRange(Take());
        }

        passedOn.ShouldBe(Enumerable.Range(1, 200).Select(number => $"{number}"));
    }

    private List<string> Take()
    {
        var taken = new List<string>();
        while (_order.TryTake(out string item))
        {
            taken.Add(item);
        }

        return taken;
    }
}
